// Hearsay's seed as it is shipped: the built code in plain Node, with its log file. Argument: options of Seed.start as JSON.
import { Seed } from "../../dist/net/seed.js";
import { measured } from "./measured.mjs";

const seed = await Seed.start(JSON.parse(process.argv[2]));
measured(seed.port, () => seed.size);
