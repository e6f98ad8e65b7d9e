/** What can be done to the whole: say something, add peers, partition, heal. */
import { useState } from "preact/hooks";
import type { ActionName } from "../../src/http/schemas.js";
import { isEnded } from "../graph/picture.js";
import type { Deeds } from "./deeds.js";
import { network, picture, selected, self, whyNot } from "./state.js";

/** The actions; those that this endpoint does not take cannot be pressed, and say why. */
export function ActionsView({ deeds }: { readonly deeds: Deeds }) {
  const missing = (["publish", "add-peer", "partition"] as const).map(whyNot).filter((why) => why !== undefined);
  return (
    <section class="card actions" aria-label="Actions">
      <h2>Actions</h2>
      <PublishForm deeds={deeds} />
      <div class="buttons">
        <Deed action="add-peer" words="Add a peer" run={() => deeds.addPeers(1)} />
        <Deed
          action="partition"
          words="Partition"
          run={() => deeds.partition({ groups: [half()] })}
          title="Cut the living peers into halves"
        />
        <Deed action="heal" words="Heal" run={() => deeds.heal()} title="Mend every path that was cut" />
      </div>
      {missing.length === 0 ? null : <p class="why">{missing.at(-1)}</p>}
    </section>
  );
}

interface DeedProps {
  readonly action: ActionName;
  readonly words: string;
  readonly title?: string;
  readonly run: () => Promise<boolean>;
}

/** A button that waits for its own end. */
export function Deed({ action, words, title, run }: DeedProps) {
  const [isBusy, setBusy] = useState(false);
  const why = whyNot(action);
  const onClick = async () => {
    setBusy(true);
    await run();
    setBusy(false);
  };
  return (
    <button type="button" disabled={why !== undefined || isBusy} title={why ?? title ?? words} onClick={onClick}>
      {words}
    </button>
  );
}

function PublishForm({ deeds }: { readonly deeds: Deeds }) {
  const [text, setText] = useState("");
  const [isBusy, setBusy] = useState(false);
  const why = whyNot("publish");
  const speaker = speakerOf();
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    if (text.trim() === "") return;
    setBusy(true);
    if (await deeds.publish("demo", text, speaker)) setText("");
    setBusy(false);
  };
  return (
    <form class="publish" onSubmit={onSubmit}>
      <input
        id="publish"
        aria-label="What to say to everybody"
        placeholder={
          why === undefined
            ? `Say something${speaker === undefined ? "" : ` by ${speaker}`} …`
            : "Nothing can be said here"
        }
        value={text}
        maxLength={1_000}
        disabled={why !== undefined}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <button
        type="submit"
        disabled={why !== undefined || isBusy || text.trim() === ""}
        title={why ?? "Tell everybody"}
      >
        Publish
      </button>
    </form>
  );
}

/** Of a network, the peer whose panel is open says it, if it can; else the endpoint chooses. */
function speakerOf(): string | undefined {
  if (self.value?.kind !== "network") return undefined;
  return network.value?.peers.find(({ name, status }) => name === selected.value && status === "joined")?.name;
}

/** Every other living peer, and every other seed: the rest is the other half. */
function half(): string[] {
  const living = picture.value.points.filter(({ role, status }) => role === "peer" && !isEnded(status));
  const seeds = picture.value.points.filter(({ role }) => role === "seed");
  const first = (all: typeof living) => all.slice(0, Math.floor(all.length / 2)).map(({ key }) => key);
  return [...first(living), ...first(seeds)];
}
