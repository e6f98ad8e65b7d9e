import { FaultSchedule } from "/tmp/livesim/test/core/fault-schedule.ts";
const [a,b]=process.argv.slice(2).map(Number); let t=performance.now(); let bad=0;
for(let s=a!;s<=b!;s++){ try { const f=new FaultSchedule(s); f.run(); f.world.network.run(10000); const c=[...f.world.complaints(),...f.longDeaths()]; if(c.length){bad++; console.log(s, c.slice(0,6), c.length, "peers", f.world.peers.length); let extra=0; while(f.world.complaints().length&&extra<120){f.world.network.run(1000);extra++} console.log("   settled after +",extra)} } catch(e){bad++;console.log(s,String((e as Error).stack).slice(0,300))} }
console.log("bad",bad,"of",b!-a!+1,"ms each",(performance.now()-t)/(b!-a!+1));
