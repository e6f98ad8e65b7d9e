// A stand-in for the classic network's seed, with the original's defects kept on purpose (see README.md).
import { appendFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

const readBytes = 1024;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** In order of arrival; the same peer stands here as often as it registered. */
const peers = [];

const port = await askPort("Enter port number for seed: ");
listen(port);

function converse(socket) {
  const sourceIp = socket.remoteAddress?.replace(/^::ffff:/, "");
  socket.on("error", (error) => console.error(`${sourceIp}: ${error.message}`));
  socket.on("data", (bytes) => {
    for (let start = 0; start < bytes.length && !socket.destroyed; start += readBytes) {
      try {
        take(socket, sourceIp, strictUtf8.decode(bytes.subarray(start, start + readBytes)));
      } catch (error) {
        console.error(`${sourceIp}: ${error.message}`);
        socket.destroySoon();
        return;
      }
    }
  });
}

function take(socket, sourceIp, text) {
  const fields = text.split(":");
  if (text.slice(0, 9) === "Dead Node") {
    log(text);
    const at = peers.indexOf(`${fields[1]}:${fields[2]}`);
    if (at >= 0) peers.splice(at, 1);
    return;
  }
  if (fields.length < 2) throw new Error(`no port in "${text}"`);
  // Whatever follows the first colon is taken for the port: glued registrations poison the list.
  const address = `${sourceIp}:${fields[1]}`;
  peers.push(address);
  log(`Received Connection -- ${address}`);
  socket.write(peers.join(","));
}

function log(line) {
  appendFileSync("seedlog.txt", `${line}\n`);
  console.log(line);
}

function listen(wanted) {
  // The original never closes its side of a connection, whatever the other side does: its thread spins on.
  const server = createServer({ allowHalfOpen: true }, converse);
  server.on("error", (error) => {
    console.error(error.message);
    if (wanted !== 0) listen(0);
  });
  server.listen(wanted, "0.0.0.0", () => console.log(`Seed is listening on port ${server.address().port}`));
}

async function askPort(prompt) {
  if (process.env.STANDIN_PORT !== undefined) return Number(process.env.STANDIN_PORT);
  process.stdout.write(prompt);
  for await (const line of createInterface({ input: process.stdin })) return Number(line);
  throw new Error("no port on standard input");
}
