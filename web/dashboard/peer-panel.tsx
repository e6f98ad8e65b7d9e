/** Everything that the endpoint tells of one peer or seed. */
import { useEffect, useState } from "preact/hooks";
import type {
  HistoryAnswer,
  NeighborAnswer,
  NeighborsAnswer,
  NetworkPeer,
  NetworkSeed,
  Someone,
  TreesAnswer,
} from "../../src/http/schemas.js";
import { keyOf, type Point } from "../graph/picture.js";
import { StatusIcon, statusWords } from "../graph/status-icon.js";
import { Deed } from "./actions-view.js";
import { type Deeds, open } from "./deeds.js";
import type { Endpoint } from "./endpoint.js";
import { now } from "./now.js";
import { directory, ending, network, picture, self } from "./state.js";
import { bytes, lasting, many, some, took } from "./words.js";

interface Details {
  readonly neighbors: NeighborsAnswer;
  readonly trees: TreesAnswer;
  readonly history: HistoryAnswer;
}

const readEveryMs = 2_000;
const listedMax = 8;

/** The panel of whoever is selected. */
export function PeerPanel(props: { readonly of: string; readonly endpoint: Endpoint; readonly deeds: Deeds }) {
  const { of, endpoint, deeds } = props;
  const point = picture.value.points.find(({ key }) => key === of);
  const peer = network.value?.peers.find(({ name }) => name === of);
  const seed = network.value?.seeds.find(({ name }) => name === of);
  const details = useDetails(of, endpoint, isAskable(peer));
  const title = point?.role === "seed" ? "Seed" : "Peer";
  return (
    <section class="card panel" aria-label={`${title} ${of}`}>
      <header>
        <h2>
          {title} {of}
        </h2>
        <button type="button" class="close" onClick={() => open(undefined)} aria-label="Close" title="Close (Esc)">
          ✕
        </button>
      </header>
      <Life point={point} peer={peer} seed={seed} of={of} />
      {peer === undefined ? null : <PeerDeeds peer={peer} deeds={deeds} />}
      {details === undefined ? (
        peer === undefined ? null : (
          <PlainNeighbors peer={peer} deeds={deeds} />
        )
      ) : (
        <>
          <Neighbors details={details} of={of} deeds={deeds} />
          <Trees {...details.trees} />
          <History {...details.history} />
        </>
      )}
    </section>
  );
}

/** Only living native peers of this process can be asked, or the endpoint's own. */
function isAskable(peer: NetworkPeer | undefined): boolean {
  if (peer !== undefined && ending.value.has(peer.name)) return false;
  if (peer !== undefined) return peer.dialect === "native" && (peer.status === "joined" || peer.status === "joining");
  return self.value?.kind === "peer";
}

function useDetails(of: string, endpoint: Endpoint, isAsked: boolean): Details | undefined {
  const [details, setDetails] = useState<{ readonly of: string; readonly details: Details } | undefined>();
  const isOwn = self.value?.kind === "peer" && self.value.address === of;
  const isNetwork = self.value?.kind === "network";
  useEffect(() => {
    if (!isAsked || (!isNetwork && !isOwn)) {
      setDetails(undefined);
      return;
    }
    const stop = new AbortController();
    const query = isNetwork ? { peer: of } : {};
    const read = async () => {
      try {
        const [neighbors, trees, history] = await Promise.all([
          endpoint.read<NeighborsAnswer>("neighbors", query, stop.signal),
          endpoint.read<TreesAnswer>("trees", query, stop.signal),
          endpoint.read<HistoryAnswer>("history", { ...query, limit: 100 }, stop.signal),
        ]);
        setDetails({ of, details: { neighbors, trees, history } });
      } catch {
        // It ended meanwhile, or the connection broke: the page says so elsewhere, and what was read stays.
      }
    };
    void read();
    const timer = setInterval(() => void read(), readEveryMs);
    return () => {
      clearInterval(timer);
      stop.abort();
    };
  }, [of, endpoint, isAsked, isOwn, isNetwork]);
  return details?.of === of ? details.details : undefined;
}

interface LifeProps {
  readonly of: string;
  readonly point: Point | undefined;
  readonly peer: NetworkPeer | undefined;
  readonly seed: NetworkSeed | undefined;
}

function Life({ of, point, peer, seed }: LifeProps) {
  const entry = directory.value?.entries.find((one) => keyOf(one) === of);
  const status = point?.status ?? entry?.status;
  const rows: [string, string][] = [];
  const address = peer?.address ?? seed?.address ?? entry?.address;
  if (address !== undefined && address !== of) rows.push(["Address", address]);
  const id = peer?.id ?? entry?.id ?? null;
  if (id !== null) rows.push(["Id", id]);
  if (seed !== undefined) rows.push(["Registered", some(seed.registered, "peer")]);
  if (peer !== undefined) {
    rows.push(["Dialect", peer.dialect]);
    rows.push(
      peer.endedAt === null
        ? ["Up for", lasting(now.value - peer.startedAt)]
        : ["Ended", `${lasting(now.value - peer.endedAt)} ago`],
    );
    rows.push(["Heard", `${many(peer.delivered)} of ${many(peer.expected)}`]);
    rows.push(["Said", many(peer.published)]);
  } else if (entry !== undefined) {
    rows.push(["Dialect", entry.dialect], ["In this state", lasting(now.value - entry.since)]);
    rows.push(["Round trip", took(entry.rttMs)], ["Incarnation", `${entry.incarnation}`]);
    for (const [key, value] of Object.entries(entry.tags)) rows.push([key, value]);
  }
  const group = peer?.group ?? seed?.group ?? null;
  if (group !== null) rows.push(["Side", `${group + 1}`]);
  return (
    <>
      {status === undefined ? (
        <p class="empty">This endpoint knows nothing more of it.</p>
      ) : (
        <p class="status" data-status={status}>
          <StatusIcon status={point?.role === "seed" ? "seed" : status} />{" "}
          {point?.role === "seed" ? "running" : statusWords[status]}
          {point !== undefined && point.remark !== "" ? <span class="remark">{point.remark}</span> : null}
        </p>
      )}
      <dl class="facts">
        {rows.map(([key, value]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd title={value}>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function PeerDeeds({ peer: { name, status }, deeds }: { readonly peer: NetworkPeer; readonly deeds: Deeds }) {
  if (status === "killed" || status === "left") return null;
  return (
    <div class="buttons">
      <Deed action="kill" words="Kill" title="As SIGKILL would: nobody is told" run={() => deeds.peer("kill", name)} />
      {status === "frozen" ? (
        <Deed action="thaw" words="Thaw" title="Let it go on, late" run={() => deeds.peer("thaw", name)} />
      ) : (
        <Deed action="freeze" words="Freeze" title="As SIGSTOP would" run={() => deeds.peer("freeze", name)} />
      )}
      <Deed action="leave" words="Leave" title="Have it say goodbye" run={() => deeds.peer("leave", name)} />
    </div>
  );
}

function PlainNeighbors({ peer, deeds }: { readonly peer: NetworkPeer; readonly deeds: Deeds }) {
  if (peer.neighbors.length === 0) return <p class="empty">It has no neighbors.</p>;
  return (
    <>
      <h3>{some(peer.neighbors.length, "neighbor")}</h3>
      <ul class="names">
        {peer.neighbors.map((name) => (
          <li key={name}>
            <button type="button" class="link" onClick={() => open(name)}>
              {name}
            </button>
            <Deed action="cut" words="Cut" title={`Cut the path to ${name}`} run={() => deeds.cut(peer.name, name)} />
          </li>
        ))}
      </ul>
    </>
  );
}

interface NeighborsProps {
  readonly details: Details;
  readonly of: string;
  readonly deeds: Deeds;
}

function Neighbors({ details, of, deeds }: NeighborsProps) {
  const { neighbors } = details.neighbors;
  if (neighbors.length === 0) return <p class="empty">It has no neighbors.</p>;
  const isNetwork = self.value?.kind === "network";
  return (
    <>
      <h3>{some(neighbors.length, "neighbor")}</h3>
      <table class="small" aria-label="Neighbors">
        <thead>
          <tr>
            <th scope="col">Peer</th>
            <th scope="col">Round trip</th>
            <th scope="col">Queue</th>
            <th scope="col" title="Trees on which it is sent everything, and those on which it is only told">
              Trees
            </th>
            {isNetwork ? <th scope="col" aria-label="Cut" /> : null}
          </tr>
        </thead>
        <tbody>
          {neighbors.map((neighbor) => (
            <tr key={keyOf(neighbor)}>
              <td>
                <Name of={neighbor} />
              </td>
              <td>{took(neighbor.rttMs)}</td>
              <td class={neighbor.isCongested ? "bad" : ""}>{bytes(neighbor.queuedBytes)}</td>
              <td>{treesText(neighbor)}</td>
              {isNetwork ? (
                <td>
                  <Deed
                    action="cut"
                    words="Cut"
                    title={`Cut the path to ${keyOf(neighbor)}`}
                    run={() => deeds.cut(of, keyOf(neighbor))}
                  />
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function treesText({ eager, lazy, dialect }: NeighborAnswer): string {
  return dialect === "classic" ? "classic" : `${eager.length} + ${lazy.length}`;
}

function Trees({ trees }: TreesAnswer) {
  const used = trees.filter(({ isInUse }) => isInUse);
  return (
    <>
      <h3>{used.length === 0 ? "No trees in use" : `${some(used.length, "tree")} in use`}</h3>
      {used.length === 0 ? null : (
        <table class="small" aria-label="Trees">
          <thead>
            <tr>
              <th scope="col">Root</th>
              <th scope="col">Hops</th>
              <th scope="col">Parent</th>
              <th scope="col">Sends to</th>
            </tr>
          </thead>
          <tbody>
            {used.slice(0, listedMax).map(({ root, distance, parent, eager, isOwn }) => (
              <tr key={`${root.id} ${root.address}`}>
                <td>{isOwn ? "itself" : <Name of={root} />}</td>
                <td>{distance ?? "–"}</td>
                <td>{parent === null ? "–" : <Name of={parent} />}</td>
                <td>{eager.length}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function History({ marks, messages, bytes: weight, total }: HistoryAnswer) {
  return (
    <>
      <h3>
        Remembers {some(messages, "message")}, {bytes(weight)}
      </h3>
      {marks.length === 0 ? null : (
        <table class="small" aria-label="History marks">
          <thead>
            <tr>
              <th scope="col">Origin</th>
              <th scope="col">All up to</th>
              <th scope="col">Missing</th>
              <th scope="col">Heard</th>
            </tr>
          </thead>
          <tbody>
            {[...marks]
              .sort((a, b) => b.heardAt - a.heardAt)
              .slice(0, listedMax)
              .map(({ origin, epoch, contiguous, missing, heardAt }) => (
                <tr key={`${origin.id} ${epoch}`}>
                  <td>
                    <Name of={origin} />
                  </td>
                  <td>{many(contiguous)}</td>
                  <td class={missing > 0 ? "bad" : ""}>{many(missing)}</td>
                  <td>{lasting(now.value - heardAt)} ago</td>
                </tr>
              ))}
          </tbody>
        </table>
      )}
      {total > listedMax ? (
        <p class="more">and {many(total - Math.min(listedMax, marks.length))} more origins</p>
      ) : null}
    </>
  );
}

function Name({ of }: { readonly of: Someone }) {
  if (of.address === "" && of.name === null) return <>{of.id?.slice(0, 8) ?? "–"}</>;
  return (
    <button type="button" class="link" onClick={() => open(keyOf(of))} title={of.id ?? of.address}>
      {keyOf(of)}
    </button>
  );
}
