/** What a peer's and a seed's options have in common, checked before anything is open. */
import { HearsayError } from "../api/errors.js";
import { maxNetworkBytes } from "./network-name.js";

/** @throws HearsayError `bad-option` for what is no port; 0, for any free one, is */
export function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new HearsayError("bad-option", `listen.port is an integer from 0 to 65535, not ${port}`);
}

/** @throws HearsayError `bad-option` for what can't be a network's name */
export function checkNetwork(network: string): void {
  if (typeof network === "string" && network !== "" && Buffer.byteLength(network) <= maxNetworkBytes) return;
  throw new HearsayError("bad-option", `a network's name has 1 to ${maxNetworkBytes} bytes of UTF-8`);
}

/** @throws HearsayError `bad-option` for an option that does not exist: most likely it is misspelt */
export function checkNames(options: object, known: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(options).find((name) => known[name] === undefined);
  if (unknown === undefined) return;
  throw new HearsayError("bad-option", `there is no option ${unknown}; there are ${Object.keys(known).join(", ")}`);
}

/** @throws HearsayError `bad-option` for what is no AbortSignal */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new HearsayError("bad-option", "signal is an AbortSignal");
}
