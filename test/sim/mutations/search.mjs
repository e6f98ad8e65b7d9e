// Runs the swarm of a copy of dist/ until a promise is broken. Prints which, and by which number; nothing when none is.
const [folder, promise, runsMax] = process.argv.slice(2);
const { runScenario, swarmScenario } = await import(`${folder}/sim/index.js`);

for (let number = 1; number <= Number(runsMax); number++) {
  let found;
  try {
    found = runScenario(swarmScenario(number)).violations[0]?.promise;
  } catch (error) {
    found = `error: ${error.message}`;
  }
  if (found === undefined || (found !== promise && promise !== "any")) continue;
  console.log(JSON.stringify({ number, promise: found }));
  break;
}
