/** The commands and their options, as commander reads them. What they do stands in a file of each. */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { classicPeerDefaults } from "../core/classic/config.js";
import { type PeerCommandOptions, runPeer } from "./peer.js";
import { runSeed, type SeedCommandOptions } from "./seed.js";
import { runUp, type UpCommandOptions } from "./up/run.js";
import { advertiseValue, basePortValue, countValue, durationValue, interfaceValue, portValue } from "./values.js";

const day = 86_400_000;
const messagesMax = 1_000_000;

/** The command line. `done` is given the exit code of the command that ran. */
export function makeProgram(done: (exitCode: number) => void): Command {
  const program = new Command("hearsay")
    .description("Processes find each other, know who is alive, and tell everyone. No broker.")
    .version(versionOfPackage(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .option("--no-color", "no colors, as with the variable NO_COLOR")
    .addHelpText("after", rootExamples)
    .exitOverride()
    .configureOutput({
      // main.ts prints errors itself, on one line.
      outputError: () => {},
    });
  const run = <T>(command: (options: T) => Promise<number>) => {
    return async (_options: unknown, called: Command) => done(await command(called.optsWithGlobals() as T));
  };
  program.addCommand(seedCommand().action(run<SeedCommandOptions>(runSeed)));
  program.addCommand(peerCommand().action(run<PeerCommandOptions>(runPeer)));
  program.addCommand(upCommand().action(run<UpCommandOptions>(runUp)));
  for (const command of program.commands) {
    command
      .copyInheritedSettings(program)
      .option("--json", "one JSON event a line on stdout")
      .option("--no-color", "no colors, as with the variable NO_COLOR");
  }
  return program;
}

function seedCommand(): Command {
  return new Command("seed")
    .summary("run a seed: it hands out the list of peers")
    .description("Runs a seed of the classic network: it registers peers, hands out their list, and removes the dead.")
    .option("--port <number>", "port to listen on, 0 for any free one (default: asks on standard input)", portValue)
    .option("--host <ip>", "IP or name of the interface to listen on (default: all of them)", interfaceValue)
    .option("--config <file>", "list of seeds, to warn when this one is not in it")
    .option("--log-dir <folder>", "folder for seedlog_<port>.txt", ".")
    .addHelpText("after", seedExamples);
}

function peerCommand(): Command {
  return new Command("peer")
    .summary("run a peer: it gossips, and knows who is alive")
    .description(
      "Runs a peer of the classic network: it registers with a majority of the seeds, links to others, gossips.",
    )
    .option("--port <number>", "port to listen on, 0 for any free one (default: asks on standard input)", portValue)
    .option("--host <ip>", "IP or name of the interface to listen on (default: all of them)", interfaceValue)
    .option("--advertise <ip>", "IP or name that others reach this peer by (default: what seeds see)", advertiseValue)
    .option("--config <file>", "list of seeds, one ip:port a line", "config.txt")
    .addOption(
      new Option("--messages <count>", "messages to generate")
        .argParser(countValue(0, messagesMax))
        .default(classicPeerDefaults.messages),
    )
    .addOption(everyOption().default(classicPeerDefaults.messageIntervalMs, "5s"))
    .addOption(livenessOption())
    .addOption(new Option("--dialect <name>", "protocol to speak").choices(["classic"]).default("classic"))
    .option("--chat", "gossip what is typed, line by line")
    .option("--log-dir <folder>", "folder for peerlog_<port>.txt", ".")
    .addHelpText("after", peerExamples);
}

function upCommand(): Command {
  const count = (flags: string, text: string, min: number, max: number, value: number) =>
    new Option(flags, text).argParser(countValue(min, max)).default(value);
  return new Command("up")
    .summary("run a whole network on this machine, and watch it")
    .description("Runs seeds and peers on 127.0.0.1 in this process, with a live view when the output is a terminal.")
    .addOption(count("--seeds <count>", "seeds to start", 1, 50, 3))
    .addOption(count("--peers <count>", "peers to start", 1, 500, 8))
    .option("--base-port <number>", "first of a row of ports, seeds first (default: free ports)", basePortValue)
    .option(
      "--for <time>",
      "end after this time, from when all are linked (default: runs until stopped)",
      durationValue(100, day),
    )
    .addOption(count("--messages <count>", "messages of each peer", 0, messagesMax, 10))
    .addOption(everyOption(" (default: 5s, or less so that all fit into --for)"))
    .addOption(livenessOption())
    .option("--log-dir <folder>", "folder for the logs of all (default: no logs)")
    .option("--random-seed <number>", "makes random choices repeat", countValue(0, 2 ** 32 - 1))
    .addHelpText("after", upExamples);
}

function everyOption(note = ""): Option {
  return new Option("--every <time>", `from one message of a peer to its next${note}`).argParser(durationValue(1, day));
}

function livenessOption(): Option {
  return new Option("--liveness <time>", "from one liveness test of each neighbor to the next")
    .argParser(durationValue(100, day))
    .default(classicPeerDefaults.probeIntervalMs, "13s");
}

function versionOfPackage(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

const rootExamples = `
Examples:
  hearsay up                                    a network of 3 seeds and 8 peers on this machine, live
  hearsay seed --port 5001                      one seed
  hearsay peer --port 6001 --config config.txt  one peer; config.txt names the seeds, one ip:port a line

Times are numbers with their unit: 250ms, 5s, 2m, 1h.`;

const seedExamples = `
Examples:
  hearsay seed --port 5001
  hearsay seed --port 5001 --host 127.0.0.1 --log-dir logs
  echo 5001 | hearsay seed`;

const peerExamples = `
Examples:
  hearsay peer --port 6001
  hearsay peer --port 6001 --chat --messages 0
  hearsay peer --port 0 --config config.txt --json`;

const upExamples = `
Examples:
  hearsay up
  hearsay up --peers 20 --for 60s
  hearsay up --for 10s --json
  hearsay up --liveness 2s          then press k, and watch a death being found out`;
