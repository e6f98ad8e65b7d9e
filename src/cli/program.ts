/** The commands and their options, as commander reads them. What they do stands in a file of each. */
import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import type { Address } from "../core/address.js";
import { presetNames } from "../core/presets.js";
import { defaultNetwork } from "../net/network-name.js";
import { usageFailure } from "./failure.js";
import { type OutputOptions, writeNow } from "./output.js";
import type { PeerCommandOptions } from "./peer-options.js";
import { playgroundCommand } from "./playground/command.js";
import type { SeedCommandOptions } from "./seed.js";
import { checkSimOptions, experimentCommand, replayCommand, simCommand } from "./sim/commands.js";
import type { ExperimentCommandOptions } from "./sim/experiment.js";
import type { UpCommandOptions } from "./up/run.js";
import {
  addressValue,
  addressValues,
  advertiseValue,
  basePortValue,
  countValue,
  durationValue,
  endpointValue,
  httpValue,
  interfaceValue,
  networkValue,
  portValue,
  tagValues,
  topicValue,
  topicValues,
} from "./values.js";

const day = 86_400_000;
const messagesMax = 1_000_000;
const httpText = "serve the admin endpoint on [ip:]port, of loopback when there is no ip; 0 for any free port";
const tokenText = "file with the token that the endpoint asks for; or the variable HEARSAY_HTTP_TOKEN";

/** The command line. `done` is given the exit code of the command that ran. */
export function makeProgram(done: (exitCode: number) => void): Command {
  const program = new Command("hearsay")
    .description("Processes find each other, know who is alive, and tell everyone. No broker.")
    .version(versionOfPackage(), "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    .option("--no-color", "no colors, as with the variable NO_COLOR")
    .addHelpText("after", rootExamples)
    // Options after a command's name are its own: `sim experiment` has some of the names that `sim` has.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      // main.ts prints errors itself, on one line.
      outputError: () => {},
      // The program ends right after it: at once, or a full disk would go unnoticed.
      writeOut: writeNow,
    });
  // A command is loaded when it runs: help, and what is wrong with a flag, should come at once.
  const seed = async (_options: unknown, called: Command) => {
    const { runSeed } = await import("./seed.js");
    done(await runSeed(optionsOf<SeedCommandOptions>(called)));
  };
  const peer = async (_options: unknown, called: Command) => {
    const { runPeer } = await import("./peer.js");
    done(await runPeer(optionsOf<PeerCommandOptions>(called)));
  };
  const peers = async (address: Address | undefined, _options: unknown, called: Command) => {
    const { runPeers } = await import("./peers.js");
    done(await runPeers(address, optionsOf(called)));
  };
  const publish = async (topic: string, text: string | undefined, _options: unknown, called: Command) => {
    const { runPublish } = await import("./publish.js");
    done(await runPublish(topic, text, optionsOf(called)));
  };
  const subscribe = async (topics: readonly string[], _options: unknown, called: Command) => {
    const { runSubscribe } = await import("./subscribe.js");
    done(await runSubscribe(topics, optionsOf(called)));
  };
  const up = async (_options: unknown, called: Command) => {
    const { runUp } = await import("./up/run.js");
    done(await runUp(optionsOf<UpCommandOptions>(called)));
  };
  program.addCommand(seedCommand().action(seed));
  program.addCommand(peerCommand().action(peer));
  program.addCommand(peersCommand().action(peers));
  program.addCommand(publishCommand().action(publish));
  program.addCommand(subscribeCommand().action(subscribe));
  const sim = async (_options: unknown, called: Command) => {
    checkSimOptions(called);
    const { runSim } = await import("./sim/run.js");
    done(await runSim(optionsOf(called)));
  };
  const experiment = async (name: string | undefined, _options: unknown, called: Command) => {
    const { runExperiment } = await import("./sim/experiment.js");
    done(await runExperiment(name, optionsOf<ExperimentCommandOptions>(called)));
  };
  const replay = async (path: string, _options: unknown, called: Command) => {
    const { runReplay } = await import("./sim/replay.js");
    done(await runReplay(path, optionsOf(called)));
  };
  const simulator = simCommand().action(sim);
  simulator.addCommand(experimentCommand().action(experiment));
  simulator.addCommand(replayCommand().action(replay));
  simulator.hook("preAction", refuseStray);
  program.addCommand(simulator);
  const playground = async (_options: unknown, called: Command) => {
    const { runPlayground } = await import("./playground/run.js");
    done(await runPlayground(optionsOf(called)));
  };
  program.addCommand(playgroundCommand().action(playground));
  const top = async (url: string, _options: unknown, called: Command) => {
    const { runTop } = await import("./top/run.js");
    done(await runTop(url, optionsOf(called)));
  };
  program.addCommand(topCommand().action(top));
  program.addCommand(upCommand().action(up));
  for (const command of [...program.commands, ...simulator.commands]) {
    command
      .copyInheritedSettings(program)
      .option("--json", "one JSON event a line on stdout")
      .option("--no-color", "no colors, as with the variable NO_COLOR");
  }
  return program;
}

/** The options of a command; colors and JSON may be asked for before its name as well. */
function optionsOf<T>(command: Command): T {
  const all: readonly OutputOptions[] = [command, ...ancestorsOf(command)].map((one) => one.opts());
  const color = all.every((one) => one.color !== false);
  const json = all.some((one) => one.json === true);
  return { ...command.opts(), color, json } as T;
}

/** What stands between a command's name and that of one within it is an option of the former, and would have no effect. */
function refuseStray(outer: Command, called: Command): void {
  if (called === outer) return;
  const isGiven = (one: Option) => outer.getOptionValueSource(one.attributeName()) === "cli";
  const stray = outer.options.find((one) => isGiven(one) && !ofEveryCommand.includes(one.attributeName()));
  if (stray === undefined) return;
  const [before, after] = [outer.name(), called.name()];
  throw usageFailure(`${stray.long} of ${before} has no effect on ${after}, whose options come after its name`);
}

/** Options that may be given before the name of any command as well. */
const ofEveryCommand = ["json", "color"];

function ancestorsOf({ parent }: Command): Command[] {
  return parent === null ? [] : [parent, ...ancestorsOf(parent)];
}

function seedCommand(): Command {
  return new Command("seed")
    .summary("run a seed: it hands out the list of peers")
    .description("Runs a seed: it registers peers of both dialects, hands out their list, and removes the dead.")
    .option("--port <number>", "port to listen on, 0 for any free one (default: asks on standard input)", portValue)
    .option("--host <ip>", "IP or name of the interface to listen on (default: all of them)", interfaceValue)
    .option("--network <name>", `name of the network (default: ${defaultNetwork})`, networkValue)
    .option("--config <file>", "list of seeds, to warn when this one is not in it")
    .option("--log-dir <folder>", "folder for seedlog_<port>.txt", ".")
    .option("--http <place>", `${httpText} (default: none)`, httpValue)
    .option("--http-token-file <file>", tokenText)
    .addHelpText("after", seedExamples);
}

function peerCommand(): Command {
  const classic = "; --dialect classic: ";
  return contactOptions(
    new Command("peer")
      .summary("run a peer: it passes on what others say")
      .description("Runs a peer: it registers with a majority of the seeds, links to others, passes on what they say."),
  )
    .option("--port <number>", `port to listen on, 0 for any free one (default: 0${classic}asks on stdin)`, portValue)
    .option("--messages <count>", `messages to generate (default: 0${classic}10)`, countValue(0, messagesMax))
    .addOption(everyOption(" (default: 5s)"))
    .option("--chat", "tell everyone what is typed, line by line")
    .option("--subscribe <topic>", "print the messages of this topic; may be repeated", topicValues)
    .addOption(historyOption())
    .option("--tag <name=value>", "what this peer says of itself to all others; may be repeated", tagValues)
    .option("--identity <file>", "file that keeps who this peer is, made when there is none (default: new each time)")
    .addOption(
      new Option("--preset <name>", "how patient peers are with each other (default: lan)").choices([...presetNames]),
    )
    .option("--log-dir <folder>", `folder for peerlog_<port>.txt (default: no log${classic}.)`)
    .addOption(new Option("--dialect <name>", "protocol to speak").choices(["native", "classic"]).default("native"))
    .addOption(livenessOption(" (--dialect classic only; default: 13s)"))
    .option("--http <place>", `${httpText} (default: none)`, httpValue)
    .option("--http-token-file <file>", tokenText)
    .addHelpText("after", peerExamples);
}

function peersCommand(): Command {
  const time = (flags: string, text: string, value: string, valueMs: number) =>
    new Option(flags, text).argParser(durationValue(100, day)).default(valueMs, value);
  return new Command("peers")
    .summary("list who is there, as a running peer or seed knows it")
    .description(
      "Asks a running peer (or a seed, which knows who is registered with it) and prints its directory: address, id, " +
        "status, round-trip time and when it was last seen from there, tags.",
    )
    .argument(
      "[address]",
      "whom to ask, as ip:port; else the first of --peer, --seed and config.txt that answers",
      addressValue,
    )
    .option("--peer <address>", "a peer to ask, as ip:port; may be repeated", addressValues)
    .option("--seed <address>", "a seed to ask, as ip:port; may be repeated", addressValues)
    .option("--config <file>", "list of seeds, one ip:port a line (default: config.txt, if there is one)")
    .option("--network <name>", `name of the network (default: ${defaultNetwork})`, networkValue)
    .option("--watch", "ask again and again, and show what changes, until stopped")
    .addOption(time("--every <time>", "with --watch: from one question to the next", "1s", 1_000))
    .addOption(time("--timeout <time>", "how long to wait for an answer", "5s", 5_000))
    .addHelpText("after", peersExamples);
}

function publishCommand(): Command {
  return contactOptions(
    new Command("publish")
      .summary("tell everyone something, once")
      .description(
        "Joins for a moment, publishes, waits until another peer has it, and leaves. Prints the message's id.",
      ),
  )
    .argument("<topic>", "1 to 255 bytes of text", topicValue)
    .argument("[text]", "what to say; - reads all of standard input")
    .option("--lines", "each line of standard input is a message")
    .option("--port <number>", "port to listen on, 0 for any free one (default: 0)", portValue)
    .addOption(
      new Option("--timeout <time>", "how long to look for another peer, and for each acknowledgement")
        .argParser(durationValue(100, day))
        .default(10_000, "10s"),
    )
    .addHelpText("after", publishExamples);
}

function subscribeCommand(): Command {
  return contactOptions(
    new Command("subscribe")
      .summary("print what is said on a topic")
      .description(
        "Joins, and prints what is said on these topics, or on all when none is named, until it is stopped.",
      ),
  )
    .argument("[topics...]", "1 to 255 bytes of text each", topicValues)
    .addOption(historyOption())
    .option("--count <count>", "leave after so many messages", countValue(1, messagesMax))
    .option("--for <time>", "leave after this time", durationValue(100, day))
    .option("--port <number>", "port to listen on, 0 for any free one (default: 0)", portValue)
    .addHelpText("after", subscribeExamples);
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
    .addOption(
      new Option("--dialect <name>", "what the peers speak; mixed: every other one is classic")
        .choices(["native", "classic", "mixed"])
        .default("native"),
    )
    .addOption(livenessOption(" (default: 1s; --dialect classic: 13s)"))
    .option("--log-dir <folder>", "folder for the logs of all (default: no logs)")
    .option("--random-seed <number>", "makes random choices repeat", countValue(0, 2 ** 32 - 1))
    .option("--http <place>", `${httpText} (default: a free port)`, httpValue)
    .option("--no-http", "no admin endpoint")
    .option("--http-token-file <file>", tokenText)
    .addHelpText("after", upExamples);
}

function topCommand(): Command {
  return new Command("top")
    .summary("watch a running peer, seed or network in the terminal")
    .description(
      "Reads an admin endpoint (see --http of peer, seed and up) again and again: figures with their pace, neighbors, the " +
        "directory, and what happens.",
    )
    .argument("<endpoint>", "its port on this machine, ip:port, or http://ip:port/", endpointValue)
    .addOption(
      new Option("--every <time>", "from one look to the next").argParser(durationValue(100, day)).default(1_000, "1s"),
    )
    .option("--count <count>", "leave after so many looks", countValue(1, messagesMax))
    .option("--http-token-file <file>", "file with the token of the endpoint; or the variable HEARSAY_HTTP_TOKEN")
    .addHelpText("after", topExamples);
}

function everyOption(note = ""): Option {
  return new Option("--every <time>", `from one message of a peer to its next${note}`).argParser(durationValue(1, day));
}

function livenessOption(note: string): Option {
  return new Option("--liveness <time>", `from one liveness test of each neighbor to the next${note}`).argParser(
    durationValue(100, day),
  );
}

function historyOption(): Option {
  const text = "messages from before: retained (all that others still keep, the default) or none";
  return new Option("--history <which>", text).choices(["retained", "none"]);
}

/** Where a peer is, and whom it turns to. */
function contactOptions(command: Command): Command {
  return command
    .option("--seed <address>", "a seed, as ip:port; may be repeated", addressValues)
    .option("--peer <address>", "a peer to ask, as ip:port, with or without seeds; may be repeated", addressValues)
    .option("--config <file>", "list of seeds, one ip:port a line (default: config.txt, if there is one)")
    .option("--network <name>", `name of the network (default: ${defaultNetwork})`, networkValue)
    .option("--host <ip>", "IP or name of the interface to listen on (default: all of them)", interfaceValue)
    .option("--advertise <ip>", "IP or name that others reach this peer by (default: found out)", advertiseValue);
}

function versionOfPackage(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

const rootExamples = `
Examples:
  hearsay up                                    a network of 3 seeds and 8 peers on this machine, live
  hearsay seed --port 5001                      one seed
  hearsay peer --seed 10.0.0.1:5001 --chat      one peer, to talk with
  hearsay peers 10.0.0.2:6001                   who is there, as that peer knows it
  hearsay subscribe news --seed 10.0.0.1:5001   prints what is said on a topic
  hearsay publish news hello --seed 10.0.0.1:5001

Times are numbers with their unit: 250ms, 5s, 2m, 1h.`;

const seedExamples = `
Examples:
  hearsay seed --port 5001
  hearsay seed --port 5001 --network staging --log-dir logs
  echo 5001 | hearsay seed`;

const peerExamples = `
Examples:
  hearsay peer --seed 10.0.0.1:5001 --chat
  hearsay peer --port 6001 --subscribe news     the seeds stand in config.txt; with none, the first peer of all
  hearsay peer --peer 10.0.0.2:6001 --json      joins without a seed
  hearsay peer --dialect classic --port 6002    as the original programs`;

const peersExamples = `
Examples:
  hearsay peers 10.0.0.2:6001
  hearsay peers --seed 10.0.0.1:5001 --watch
  hearsay peers 10.0.0.2:6001 --json | jq -r 'select(.status == "alive") | .address'`;

const publishExamples = `
Examples:
  hearsay publish news "all is well" --seed 10.0.0.1:5001
  hearsay publish config - --seed 10.0.0.1:5001 < config.json
  tail -f app.log | hearsay publish log --lines --peer 10.0.0.2:6001`;

const subscribeExamples = `
Examples:
  hearsay subscribe news --seed 10.0.0.1:5001
  hearsay subscribe --json | jq .text           all topics; the seeds stand in config.txt
  hearsay subscribe news --count 1 --for 10s    exit code 8 when nothing comes`;

const upExamples = `
Examples:
  hearsay up
  hearsay up --peers 20 --for 60s
  hearsay up --for 10s --json
  hearsay up --dialect classic --liveness 2s    then press k, and watch a death being found out`;

const topExamples = `
Examples:
  hearsay top 8080                         the endpoint on port 8080 of this machine
  hearsay top http://10.0.0.1:8080/        one elsewhere; its token is in HEARSAY_HTTP_TOKEN
  hearsay top 8080 --json --count 1        one look, as JSON`;
