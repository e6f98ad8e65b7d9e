/** The page: the network in the middle, what can be done to it around it. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { heal, join, partition, share } from "../../src/sim/scenario/scenario.js";
import { theme, toggleTheme } from "../graph/theme.js";
import { Drawing } from "./drawing.js";
import type { Frame } from "./frames.js";
import { Half } from "./half.js";
import { ofScene, scenes } from "./scenes.js";
import { Session } from "./session.js";
import { Side } from "./side.js";
import { type Tool, tools } from "./tools.js";
import { Transport } from "./transport.js";

/** Between two sets of numbers on the page, in real milliseconds. */
const numbersEveryMs = 120;
const newcomers = 10;
const rewindMs = 1_000;

/** The whole page. */
export function App() {
  const [tool, setTool] = useState<Tool>(tools[0]!);
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const [showsAll, setShowsAll] = useState(false);
  const [speed, setSpeed] = useState(0.25);
  const [wanted, setWanted] = useState("1");
  const [, setTurn] = useState(0);
  const [isOver, setIsOver] = useState(false);
  const room = useRef<HTMLDivElement>(null);
  const links = useRef<HTMLCanvasElement>(null);
  const points = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<Drawing | undefined>(undefined);
  const besideLinks = useRef<HTMLCanvasElement>(null);
  const besidePoints = useRef<HTMLCanvasElement>(null);
  const besideDrawing = useRef<Drawing | undefined>(undefined);
  const told = useRef(0);
  const isNew = useRef(false);
  const isLooping = useRef(false);

  const session = useMemo(() => {
    const refresh = () => setTurn((turn) => turn + 1);
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const made: Session = new Session(worker, {
      changed: refresh,
      frame(frame: Frame) {
        drawing.current?.show(frame);
        if (frame.beside !== undefined) besideDrawing.current?.show({ ...frame, ...frame.beside });
        isNew.current = true;
        if (!isLooping.current) requestAnimationFrame(loop);
        isLooping.current = true;
      },
    });
    function loop(now: number): void {
      const { frame } = made;
      const isMoving = draw(now);
      if (isNew.current) made.order({ type: "drawn" });
      const isAtRest = frame === undefined || !(frame.isPlaying || frame.isSeeking);
      if (now - told.current >= numbersEveryMs || (isAtRest && isNew.current)) {
        told.current = now;
        refresh();
      }
      isNew.current = false;
      isLooping.current = isMoving || !isAtRest;
      if (isLooping.current) requestAnimationFrame(loop);
    }
    return made;
  }, []);

  function draw(now: number): boolean {
    const element = room.current;
    if (element === null || drawing.current === undefined) return false;
    let isMoving = fitted(drawing.current, points.current).draw(now);
    if (besideDrawing.current !== undefined && session.frame?.beside !== undefined) {
      isMoving = fitted(besideDrawing.current, besidePoints.current).draw(now) || isMoving;
    }
    // For tests and benches, which count frames.
    element.dataset.drawn = String(drawing.current.drawn);
    return isMoving;
  }

  useEffect(() => {
    drawing.current = new Drawing(links.current!, points.current!, theme.value);
    besideDrawing.current = new Drawing(besideLinks.current!, besidePoints.current!, theme.value);
    const redraw = new ResizeObserver(() => requestAnimationFrame(draw));
    redraw.observe(room.current!);
    session.order({ type: "speed", speed });
    const open = () => {
      if (session.runAddress(location.hash) || session.scenario !== undefined) return;
      // Something is played all the same; what is wrong with the address is still said.
      const { failure } = session;
      session.run(ofScene(scenes[0]!, 1), true);
      session.failure = failure;
    };
    open();
    addEventListener("hashchange", open);
    return () => redraw.disconnect();
  }, []);

  useEffect(() => {
    for (const { current } of [drawing, besideDrawing]) {
      if (current === undefined) continue;
      current.theme = theme.value;
      current.showsAll = showsAll;
      current.marked = chosen === undefined ? [] : [chosen];
    }
    requestAnimationFrame(draw);
  }, [theme.value, showsAll, chosen]);

  const { frame, scenario } = session;
  const isLive = scenario !== undefined;

  function touch(number: number): void {
    if (tool.wants === 1) session.do(...tool.deeds(number, number));
    else if (chosen === undefined || chosen === number) setChosen(number);
    else {
      session.do(...tool.deeds(chosen, number));
      setChosen(undefined);
    }
  }

  function click(event: MouseEvent, on: Drawing | undefined): void {
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect();
    const number = on?.peerAt(event.clientX - left, event.clientY - top);
    if (number !== undefined && !deedsOff) touch(number);
  }

  function take(next: Tool): void {
    setTool(next);
    setChosen(undefined);
  }

  const play = () => session.order({ type: "play", isPlaying: !(frame?.isPlaying ?? false) });
  const seek = (at: number) => session.order({ type: "seek", at });

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { target } = event;
      const isField = target instanceof HTMLElement && /^(?:INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
      const isButton = target instanceof HTMLElement && target.tagName === "BUTTON";
      if (isField || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === " " && isButton) return;
      const keyTool = tools[Number(event.key) - 1];
      if (event.key === " ") play();
      else if (event.key === "." || event.key === "ArrowRight") session.order({ type: "step", by: "event" });
      else if (event.key === ",") session.order({ type: "step", by: "millisecond" });
      else if (event.key === "ArrowLeft") seek((session.frame?.at ?? 0) - rewindMs);
      else if (event.key === "Home") seek(0);
      else if (event.key === "p" && isLive) session.do(partition(share(0.5)));
      else if (event.key === "h" && isLive) session.do(heal());
      else if (keyTool !== undefined) take(keyTool);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });

  useEffect(() => {
    const over = (event: DragEvent) => {
      event.preventDefault();
      setIsOver(true);
    };
    const away = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setIsOver(false);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) openTrace(file);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", away);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", away);
      removeEventListener("drop", drop);
    };
  }, []);

  const isCalm = frame !== undefined && frame.at >= frame.calmAt;
  const deedsOff = !isLive || isCalm;

  function openTrace(file: File): void {
    session.failure = undefined;
    session.order({ type: "trace", file, name: file.name });
  }

  return (
    <div class="page">
      <header class="top">
        <h1>
          <img src="./icon.svg" alt="" width="22" height="22" /> Hearsay <span class="faint">playground</span>
        </h1>
        <span class="whose">{isLive ? "the real protocol, simulated in this page" : `trace ${session.name}`}</span>
        <CopyAddress isOff={!isLive} />
        <button
          type="button"
          class="round"
          aria-label={theme.value === "dark" ? "Light look" : "Dark look"}
          title={theme.value === "dark" ? "Light look" : "Dark look"}
          onClick={toggleTheme}
        >
          {theme.value === "dark" ? "☀" : "☾"}
        </button>
      </header>
      {session.failure === undefined ? null : (
        <p class="banner" role="alert">
          {sentence(session.failure)}
        </p>
      )}
      <main class="body">
        <section class="stage" aria-label="The network">
          <fieldset class="tools" disabled={deedsOff}>
            <legend class="unseen">What a click on a peer does</legend>
            {tools.map((one, index) => (
              <button
                type="button"
                key={one.name}
                aria-pressed={tool === one}
                title={`${one.hint} (${index + 1})`}
                onClick={() => take(one)}
              >
                {one.label}
              </button>
            ))}
            <span class="gap" />
            <button
              type="button"
              title="Half of the peers, by chance, are cut off from the others (p)"
              onClick={() => session.do(partition(share(0.5)))}
            >
              Partition
            </button>
            <button type="button" title="All ways are open again (h)" onClick={() => session.do(heal())}>
              Heal
            </button>
            <button type="button" title={`${newcomers} more peers start`} onClick={() => session.do(join(newcomers))}>
              +{newcomers} peers
            </button>
          </fieldset>
          <div class={frame?.beside === undefined ? "room" : "room pair"} ref={room}>
            <Half
              title="Hearsay"
              network={frame}
              isAlone={frame?.beside === undefined}
              links={links}
              points={points}
              onClick={(event) => click(event, drawing.current)}
            />
            <Half
              title="The classic network"
              network={frame?.beside}
              isAlone={false}
              links={besideLinks}
              points={besidePoints}
              onClick={(event) => click(event, besideDrawing.current)}
            />
            {frame === undefined ? <p class="first-words">Starting the simulator …</p> : null}
            {isOver ? <p class="drop">Drop a trace of hearsay sim --trace here</p> : null}
          </div>
          <form
            class="hint"
            onSubmit={(event) => {
              event.preventDefault();
              const number = Number(wanted);
              if (frame !== undefined && number >= 1 && number <= frame.statuses.length) touch(number);
            }}
          >
            <span>{hintOf(isLive, isCalm, tool, chosen)}</span>
            <label>
              <input
                type="checkbox"
                checked={showsAll}
                disabled={!isLive}
                onChange={(event) => setShowsAll(event.currentTarget.checked)}
              />{" "}
              all messages
            </label>
            <label>
              peer{" "}
              <input
                class="number"
                type="number"
                min="1"
                max={frame?.statuses.length ?? 1}
                value={wanted}
                disabled={deedsOff}
                onInput={(event) => setWanted(event.currentTarget.value)}
              />
            </label>
            <button type="submit" disabled={deedsOff}>
              {tool.label}
            </button>
          </form>
          <Transport
            frame={frame}
            steps={scenario?.steps ?? []}
            speed={speed}
            onSpeed={(next) => {
              setSpeed(next);
              session.order({ type: "speed", speed: next });
            }}
            onPlay={play}
            onStep={(by) => session.order({ type: "step", by })}
            onSeek={seek}
          />
        </section>
        <Side session={session} onTrace={openTrace} />
      </main>
    </div>
  );
}

/** A canvas is as large as the room it has. */
function fitted(drawing: Drawing, canvas: HTMLCanvasElement | null): Drawing {
  const { clientWidth, clientHeight } = canvas!.parentElement!;
  drawing.fit(clientWidth, clientHeight, Math.min(2, devicePixelRatio));
  return drawing;
}

function hintOf(isLive: boolean, isCalm: boolean, tool: Tool, chosen: number | undefined): string {
  if (!isLive) return "A trace is played: it tells what was, and nothing can be done to it.";
  if (isCalm) return "The calm at the end: all faults are over, and the promises are looked at. Rewind to do more.";
  return chosen === undefined ? `${tool.hint}.` : `Peer ${chosen}, and which other one?`;
}

function CopyAddress({ isOff }: { readonly isOff: boolean }) {
  const [words, setWords] = useState("Copy link");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      setWords("Copied");
    } catch {
      setWords("Copy it from the address bar");
    }
    setTimeout(() => setWords("Copy link"), 2_000);
  };
  return (
    <button
      type="button"
      disabled={isOff}
      title="The address holds the scenario, all that was done, and the random seed"
      onClick={() => void copy()}
    >
      {words}
    </button>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
