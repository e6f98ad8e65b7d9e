// Prints the hashes of some runs of the built code. `.ci/run` compares what several versions of Node.js say.
import { runScenario, swarmScenario } from "../../dist/sim/index.js";

for (let number = 1; number <= 12; number++) console.log(number, runScenario(swarmScenario(number)).hash);
