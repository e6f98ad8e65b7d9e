// A stand-in for the classic network's peer, with the original's defects kept on purpose (see README.md).
import { createHash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const gossipEveryMs = Number(process.env.STANDIN_EVERY_MS ?? 5000);
const livenessEveryMs = Number(process.env.STANDIN_LIVENESS_MS ?? 13_000);
const gossipCount = Number(process.env.STANDIN_MESSAGES ?? 10);
const random =
  process.env.STANDIN_RANDOM_SEED === undefined ? Math.random : mulberry32(+process.env.STANDIN_RANDOM_SEED);

const readBytes = 1024;
const listReadBytes = 10_240;
const neighborMax = 4;
const failuresToDeath = 3;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Until a seed tells. */
let ownIp = "0.0.0.0";
/** `{ address, failures }`; the same address may stand here more than once. */
const neighbors = [];
const messageList = new Set();

const port = await askPort("Enter port number for peer: ");
const ownSeeds = chooseSeeds(readConfig());
await linkToSome(await register());
listen(port);
void testLiveness();
void gossip();

// --- the start: one step after the other, without time limits

function readConfig() {
  const lines = readFileSync("config.txt", "utf8").split("\n");
  // A blank last line, a comment: the original crashes on any line that is no ip:port, and so does this.
  for (const line of lines) if (!/^[^:]+:\s*\d+\s*$/.test(line)) throw new Error(`config.txt: bad line "${line}"`);
  return [...new Set(lines)];
}

function chooseSeeds(seeds) {
  return sample(seeds, Math.floor(seeds.length / 2) + 1);
}

async function register() {
  const union = new Set();
  for (const seed of ownSeeds) {
    try {
      const list = (await ask(seed, `${ownIp}:${port}`, listReadBytes)).split(",");
      // Only the last element is known to be this peer: after a restart, an earlier one is too, and stays.
      ownIp = list.pop().split(":")[0];
      for (const address of list) if (address !== "") union.add(address);
    } catch (error) {
      console.error(`Seed Connection Error: ${seed}: ${error.message}`);
    }
  }
  for (const address of union) log(address);
  return [...union];
}

async function linkToSome(others) {
  if (others.length === 0) return;
  const count = Math.min(1 + Math.floor(random() * others.length), neighborMax);
  for (const address of sample(others, count)) {
    try {
      const socket = await dial(address);
      // Before the answer, and whatever the answer: a refused link is one-way.
      neighbors.push({ address, failures: 0 });
      console.log(await converseOnce(socket, `New Connect Request From:${ownIp}:${port}`, readBytes));
    } catch (error) {
      console.error(`Peer Connection Error: ${address}: ${error.message}`);
    }
  }
}

// --- three things at once from here on

function listen(wanted) {
  const server = createServer(converse);
  server.on("error", (error) => {
    console.error(error.message);
    if (wanted !== 0) listen(0);
  });
  server.listen(wanted, "0.0.0.0", () => console.log(`Peer is listening on port ${server.address().port}`));
}

async function testLiveness() {
  for (;;) {
    const request = `Liveness Request:${pythonTime()}:${ownIp}`;
    // One after the other, each for as long as it takes; a removal in mid-round skips the next one.
    for (const neighbor of neighbors) {
      try {
        console.log(await ask(neighbor.address, request, readBytes));
        neighbor.failures = 0;
      } catch {
        neighbor.failures++;
        if (neighbor.failures === failuresToDeath) {
          await reportDeath(neighbor);
          neighbors.splice(neighbors.indexOf(neighbor), 1);
        }
      }
    }
    await sleep(livenessEveryMs);
  }
}

async function reportDeath(neighbor) {
  const report = `Dead Node:${neighbor.address}:${pythonTime()}:${ownIp}`;
  log(report);
  for (const seed of ownSeeds) await tell(seed, report);
}

async function gossip() {
  for (let n = 1; n <= gossipCount; n++) {
    const text = `${pythonTime()}:${ownIp}:${port}:GOSSIP${n}`;
    messageList.add(sha256(text));
    for (const neighbor of neighbors) await tell(neighbor.address, text);
    await sleep(gossipEveryMs);
  }
}

// --- what others ask

function converse(socket) {
  const sourceIp = socket.remoteAddress?.replace(/^::ffff:/, "");
  socket.on("error", (error) => console.error(`${sourceIp}: ${error.message}`));
  socket.on("data", (bytes) => {
    for (let start = 0; start < bytes.length && !socket.destroyed; start += readBytes) {
      try {
        take(socket, sourceIp, strictUtf8.decode(bytes.subarray(start, start + readBytes)));
      } catch (error) {
        // The original's thread dies here and its connection with it; the program lives on.
        console.error(`${sourceIp}: ${error.message}`);
        socket.removeAllListeners("data");
        socket.destroySoon();
        return;
      }
    }
  });
}

function take(socket, sourceIp, text) {
  const fields = text.split(":");
  if (fields[0].includes("New Connect Request From")) {
    if (neighbors.length >= neighborMax) {
      socket.destroySoon();
      return;
    }
    if (fields.length < 3) throw new Error(`no address in "${text}"`);
    socket.write("New Connect Accepted");
    neighbors.push({ address: `${sourceIp}:${fields[2]}`, failures: 0 });
  } else if (fields[0].includes("Liveness Request")) {
    socket.write(`Liveness Reply:${fields[1]}:${fields[2]}:${ownIp}`);
  } else if (fields[3].startsWith("GOSSIP")) {
    // No fourth field: the line above has just thrown.
    void relay(text);
  }
}

async function relay(text) {
  const hash = sha256(text);
  if (messageList.has(hash)) return;
  messageList.add(hash);
  log(text);
  for (const neighbor of neighbors) await tell(neighbor.address, text);
}

// --- connections: a new one for every text, closed by the side that opened it

/** Sends a text and closes; a failure is printed and forgotten. */
async function tell(address, text) {
  try {
    const socket = await dial(address);
    await new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("close", resolve);
      socket.write(text);
      socket.destroySoon();
    });
  } catch (error) {
    console.error(`Down: ${address}: ${error.message}`);
  }
}

/** Sends a text and waits for one read, for ever if need be. An orderly close is an empty answer. */
async function ask(address, text, maxBytes) {
  return converseOnce(await dial(address), text, maxBytes);
}

function dial(address) {
  const [ip, portText] = address.split(":");
  return new Promise((resolve, reject) => {
    const socket = connect(Number(portText), ip);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

function converseOnce(socket, text, maxBytes) {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("end", () => resolve(""));
    socket.once("data", (bytes) => {
      try {
        resolve(strictUtf8.decode(bytes.subarray(0, maxBytes)));
      } catch (error) {
        reject(error);
      }
    });
    socket.write(text);
  }).finally(() => socket.destroy());
}

// --- small change

function log(line) {
  appendFileSync(`peerlog_${port}.txt`, `${line}\n`);
  console.log(line);
}

function sha256(text) {
  return createHash("sha256").update(text).digest("hex");
}

/** Seconds since 1970 as Python prints them: always with a fraction. */
function pythonTime() {
  const seconds = (performance.timeOrigin + performance.now()) / 1000;
  return Number.isInteger(seconds) ? `${seconds}.0` : String(seconds);
}

function sample(from, count) {
  const pool = [...from];
  return Array.from({ length: count }, () => pool.splice(Math.floor(random() * pool.length), 1)[0]);
}

function mulberry32(state) {
  let a = state | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function askPort(prompt) {
  if (process.env.STANDIN_PORT !== undefined) return Number(process.env.STANDIN_PORT);
  process.stdout.write(prompt);
  for await (const line of createInterface({ input: process.stdin })) return Number(line);
  throw new Error("no port on standard input");
}
