/** The simulator's commands and their options, as commander reads them. */
import { Command, Option } from "commander";
import { randomSeedMax } from "../../sim/scenario/checks.js";
import { usageFailure } from "../failure.js";
import {
  countsValue,
  countValue,
  durationValue,
  latencyValue,
  messageValue,
  numberValues,
  textValues,
  windowValue,
} from "../values.js";
import { bandwidthValue, corruptValue, deedValues, rateValue, slowValue, withoutValue } from "./deeds.js";

const day = 86_400_000;
const messagesMax = 1_000_000;

/** `hearsay sim`. */
export function simCommand(): Command {
  const when = "AMOUNT@TIME, such as 3@10s or 50%@10s; may be repeated";
  return new Command("sim")
    .summary("run a network in virtual time, and break it")
    .description(
      "Runs the protocol itself on a virtual network, as fast as this machine can, from one number: the same number makes\n" +
        "the same run. Checks what is promised, and fails when a promise is broken.",
    )
    .addOption(new Option("--peers <count>", "peers to begin with").argParser(countValue(1, 1_000_000)).default(100))
    .addOption(
      new Option("--seeds <count>", "seeds, through which they find each other")
        .argParser(countValue(0, 50))
        .default(3),
    )
    .addOption(
      new Option("--for <time>", "how long, until all faults end")
        .argParser(durationValue(1_000, 30 * day))
        .default(60_000, "60s"),
    )
    .addOption(
      new Option("--calm <time>", "how long it is calm after that")
        .argParser(durationValue(0, day))
        .default(20_000, "20s"),
    )
    .addOption(
      new Option("--latency <range>", "one-way, drawn for each packet: 20ms or 10ms..50ms")
        .argParser(latencyValue)
        .default([10, 50], "10ms..50ms"),
    )
    .addOption(new Option("--loss <share>", "of all transmissions").argParser(rateValue).default(0, "0%"))
    .addOption(
      new Option("--every <time>", "from one message to the next, of all peers together (default: 1s)").argParser(
        durationValue(1, day),
      ),
    )
    .option("--messages <count>", "how many, spread over the time unless --every says more", countValue(0, messagesMax))
    .addOption(new Option("--bytes <count>", "payload bytes of each").argParser(countValue(0, 1_048_576)).default(64))
    .option("--bandwidth <rate>", "of each peer's uplink, as in 1MB/s or 10Mbit/s (default: any)", bandwidthValue)
    .option("--link-bandwidth <rate>", "of each link, each way (default: any)", bandwidthValue)
    .addOption(new Option("--directory <kind>", "who knows whom (default: full)").choices(["full", "neighbors"]))
    .option("--kill <deed>", `processes end at once: ${when}`, deedValues.kill)
    .option("--freeze <deed>", "processes stop, for 5s or as in 2@10s+8s", deedValues.freeze)
    .option("--restart <deed>", "those that have ended start again, as the same peers", deedValues.restart)
    .option("--join <deed>", "more of them start", deedValues.join)
    .option("--leave <deed>", "some say goodbye", deedValues.leave)
    .option("--partition <deed>", "cuts these off from the others, for good or as in 50%@10s+20s", deedValues.partition)
    .option("--deafen <deed>", "nothing gets to these, for 20s or as in 1@10s+30s", deedValues.deafen)
    .option("--suspend <deed>", "machines stop, and go on with all they remember, after 20s", deedValues.suspend)
    .option("--clog <deed>", "ways to and from these hold all back, for 5s, then let it go", deedValues.clog)
    .option("--slow <deed>", "each input costs time, for 10s: as in 20ms:2@10s+5s", slowValue)
    .option("--redial <deed>", "these dial again those they are linked with", deedValues.redial)
    .option("--reset <deed>", "all links of these break", deedValues.reset)
    .option("--corrupt <deed>", "silent-relay, false-accuser, garbage or flooder, as in flooder:1@5s", corruptValue)
    .option("--scenario <file>", "all of it from a JSON file")
    .option("--swarm <count>", "so many scenarios drawn at random, by their numbers", countValue(1, 10_000_000))
    .option("--swarm-time <time>", "begin no further run of a swarm after so long", durationValue(1_000, day))
    .option("--without <name>", "leave a deed or misdeed out of a swarm's scenarios; may be repeated", withoutValue)
    .option(
      "--random-seed <number>",
      "what everything by chance follows from (default: 1, or that of the scenario)",
      countValue(0, randomSeedMax),
    )
    .option("--trace <file>", "everything that happens, as NDJSON")
    .option("--spacetime <file>", "a picture of a second or so of a small run, as SVG: who said what to whom, and when")
    .option("--window <range>", "what --spacetime draws, as in 9.5s..11s (default: around one message)", windowValue)
    .option("--highlight <name>", "the message that --spacetime follows, such as 3#12", messageValue)
    .option("--shrink", "makes a scenario that breaks a promise smaller")
    .addHelpText("after", simExamples);
}

/** Options of `hearsay sim` that go with a file and with a swarm. All others say what the scenario is. */
const besideScenario = new Set(
  "scenario swarm swarmTime without randomSeed trace spacetime window highlight shrink json color".split(" "),
);

/** Throws a failure of wrong usage for an option that has no effect, because a file or the swarm says it. */
export function checkSimOptions(called: Command): void {
  const { scenario, swarm } = called.opts();
  const source = swarm !== undefined ? "--swarm" : scenario !== undefined ? "--scenario" : undefined;
  if (source === undefined) return;
  for (const option of called.options) {
    const name = option.attributeName();
    if (besideScenario.has(name) || called.getOptionValueSource(name) !== "cli") continue;
    throw usageFailure(`${option.long}: the scenario is that of ${source}, which says all of it`);
  }
}

/** `hearsay sim experiment`. */
export function experimentCommand(): Command {
  const only = (text: string) => text.split(",");
  return new Command("experiment")
    .summary("measure again what others have published")
    .description(
      "Measures on the virtual network what others have published, and prints ours beside it; without a name it lists " +
        "what there is. Exits with 1 when a goal is missed.",
    )
    .argument("[name]", "which experiment")
    .option(
      "--peers <list>",
      "sizes of the network, with commas; not for lifeguard, maelstrom, reconcile, and stalls of liveness (default: those of the kind)",
      countsValue(2, 100_000),
    )
    .option("--runs <count>", "networks of each kind (default: the experiment's)", countValue(1, 100_000))
    .addOption(
      new Option("--random-seed <number>", "the first run's number; the next ones follow")
        .argParser(countValue(0, 2 ** 31))
        .default(1),
    )
    .option("--kinds <list>", "only some of its kinds of runs, with commas", only)
    .option("--full", "all of a large grid, which takes hours, instead of a part")
    .option("--out <folder>", "write NAME.json and NAME.svg there")
    .addHelpText("after", experimentExamples);
}

/** `hearsay sim replay`. */
export function replayCommand(): Command {
  const time = durationValue(0, 365 * day);
  return new Command("replay")
    .summary("read a trace that was written with --trace")
    .description("Reads a trace: step by step in a terminal, all of it elsewhere.")
    .argument("<file>", "the trace")
    .option("--peer <number>", "only of this peer, 0 for the network itself; may be repeated", numberValues)
    .option("--from <time>", "from this virtual time on", time)
    .option("--to <time>", "up to this virtual time", time)
    .option("--kind <event>", "only these events, such as arrived or dead; may be repeated", textValues)
    .option("--message <name>", "only of one message: origin's number or id, and its own, such as 3#12", messageValue)
    .option("--no-keys", "prints all of it in a terminal, too")
    .addHelpText("after", replayExamples);
}

const simExamples = `
Examples:
  hearsay sim --peers 1000 --loss 5% --kill 50%@10s --random-seed 42
  hearsay sim --peers 20 --partition 50%@10s+20s --trace run.ndjson
  hearsay sim --swarm 100 --shrink
  hearsay sim --scenario split.json --json
  hearsay sim replay run.ndjson
  hearsay sim experiment                        what others have published, measured again`;

const experimentExamples = `
Examples:
  hearsay sim experiment
  hearsay sim experiment demers --out figures
  hearsay sim experiment hyparview --peers 10000 --kinds graph
  hearsay sim experiment plumtree --json | jq 'select(.met == false)'`;

const replayExamples = `
Examples:
  hearsay sim replay run.ndjson                        n, p, space, b, g and q in a terminal
  hearsay sim replay run.ndjson --message 3#1
  hearsay sim replay run.ndjson --peer 5 --kind dead --from 10s --json`;
