// A seed as one writes it in ten minutes: one list of texts, searched and joined whole for each answer, and no limits.
import { createServer } from "node:net";
import { measured } from "./measured.mjs";

const peers = [];

const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    const peer = `${socket.remoteAddress}:${String(bytes).split(":")[1]}`;
    if (!peers.includes(peer)) peers.push(peer);
    const others = peers.filter((other) => other !== peer);
    socket.write([...others, peer].join(","));
  });
});
server.listen(0, "127.0.0.1", () => measured(server.address().port, () => peers.length));
