/** The directory of the endpoint's peer, or of one peer of its network; of a seed, who is registered. */
import { signal } from "@preact/signals";
import type { DirectoryEntryAnswer, RegistrationAnswer } from "../../src/http/schemas.js";
import { keyOf } from "../graph/picture.js";
import { StatusIcon, statusWords } from "../graph/status-icon.js";
import { open } from "./deeds.js";
import { type Look, rowsOf, type SortKey, tagText, titleOf } from "./directory-rows.js";
import { now } from "./now.js";
import { Rows } from "./rows.js";
import { directory, registrations, selected, self } from "./state.js";
import { lasting, many, took } from "./words.js";

const statuses = ["alive", "suspect", "dead", "left"] as const;
const rowHeight = 34;
const look = signal<Look>({ text: "", statuses: new Set(statuses), sort: "name", isDescending: false });
const columns: readonly (readonly [key: SortKey, title: string, isWide: boolean])[] = [
  ["name", "Peer", false],
  ["status", "Status", false],
  ["since", "Since", false],
  ["rtt", "Round trip", true],
  ["tags", "Tags", true],
];

/** A table of thousands. */
export function DirectoryView() {
  if (self.value?.kind === "seed") return <Registrations />;
  const entries = directory.value?.entries ?? [];
  const rows = rowsOf(entries, look.value);
  return (
    <section class="directory" aria-label="Directory">
      <Filter entries={entries} matching={rows.length} />
      <Rows
        label="Directory"
        columns={columns.length}
        rowHeight={rowHeight}
        rows={rows}
        empty={entries.length === 0 ? emptyWords() : "Nobody matches. Clear the search to see everybody."}
        head={
          <tr>
            {columns.map(([key, title, isWide]) => (
              <Heading key={key} sort={key} title={title} isWide={isWide} />
            ))}
          </tr>
        }
        render={(entry) => <Row key={entry.id ?? entry.address} entry={entry} />}
      />
    </section>
  );
}

function emptyWords(): string {
  return directory.value === undefined
    ? "No peer here keeps a directory: those of the classic dialect know their neighbors only."
    : "Nobody is known yet.";
}

function Filter({
  entries,
  matching,
}: {
  readonly entries: readonly DirectoryEntryAnswer[];
  readonly matching: number;
}) {
  const counts = { alive: 0, suspect: 0, dead: 0, left: 0 };
  for (const { status } of entries) counts[status]++;
  const toggle = (status: (typeof statuses)[number]) => {
    const next = new Set(look.value.statuses);
    if (!next.delete(status)) next.add(status);
    look.value = { ...look.value, statuses: next };
  };
  const observer = directory.value?.observer;
  return (
    <div class="filter">
      <input
        type="search"
        id="search"
        aria-label="Search the directory"
        placeholder="name, address, tag=value"
        value={look.value.text}
        onInput={({ currentTarget }) => {
          look.value = { ...look.value, text: currentTarget.value };
        }}
      />
      <fieldset class="chips">
        <legend class="unseen">Shown statuses</legend>
        {statuses.map((status) => (
          <button
            type="button"
            key={status}
            class="chip"
            aria-pressed={look.value.statuses.has(status)}
            onClick={() => toggle(status)}
          >
            <StatusIcon status={status} /> {statusWords[status]} {many(counts[status])}
          </button>
        ))}
      </fieldset>
      <span class="whose">
        {matching === entries.length ? "" : `${many(matching)} of ${many(entries.length)} · `}
        {observer === undefined || self.value?.kind !== "network" ? "" : `as ${keyOf(observer)} sees it`}
      </span>
    </div>
  );
}

function Heading(props: { readonly sort: SortKey; readonly title: string; readonly isWide: boolean }) {
  const { sort, isDescending } = look.value;
  const isSorted = sort === props.sort;
  const onClick = () => {
    look.value = { ...look.value, sort: props.sort, isDescending: isSorted && !isDescending };
  };
  return (
    <th
      scope="col"
      class={`column-${props.sort}${props.isWide ? " wide" : ""}`}
      aria-sort={isSorted ? (isDescending ? "descending" : "ascending") : "none"}
    >
      <button type="button" onClick={onClick}>
        {props.title}
        <span class="arrow" aria-hidden="true">
          {isSorted ? (isDescending ? "↓" : "↑") : ""}
        </span>
      </button>
    </th>
  );
}

function Row({ entry }: { readonly entry: DirectoryEntryAnswer }) {
  const key = keyOf(entry);
  return (
    <tr aria-selected={selected.value === key} data-peer={key} data-status={entry.status}>
      <td>
        <button type="button" class="link" onClick={() => open(key)} title={entry.id ?? entry.address}>
          {titleOf(entry)}
        </button>
        {entry.isSelf ? <span class="self">this one</span> : null}
        {entry.name === null ? null : <span class="address wide">{entry.address}</span>}
      </td>
      <td>
        <StatusIcon status={entry.status} /> {statusWords[entry.status]}
      </td>
      <td>{lasting(now.value - entry.since)}</td>
      <td class="wide">{took(entry.rttMs)}</td>
      <td class="wide tags">
        {tagText(entry.tags)}
        {entry.dialect === "classic" ? <span class="self">classic</span> : null}
      </td>
    </tr>
  );
}

function Registrations() {
  const all = registrations.value?.registrations ?? [];
  const search = look.value.text.toLowerCase();
  const rows = all.filter(({ address, id, name }) => `${address} ${id} ${name}`.toLowerCase().includes(search));
  return (
    <section class="directory" aria-label="Registrations">
      <div class="filter">
        <input
          type="search"
          id="search"
          aria-label="Search the registrations"
          placeholder="address or id"
          value={look.value.text}
          onInput={({ currentTarget }) => {
            look.value = { ...look.value, text: currentTarget.value };
          }}
        />
        <span class="whose">{many(registrations.value?.total ?? 0)} registered</span>
      </div>
      <Rows
        label="Registrations"
        columns={3}
        rowHeight={rowHeight}
        rows={rows}
        empty={all.length === 0 ? "Nobody is registered with this seed." : "Nobody matches."}
        head={
          <tr>
            <th scope="col">Peer</th>
            <th scope="col">Since</th>
            <th scope="col">Renewed</th>
          </tr>
        }
        render={(entry) => <Registration key={entry.address} entry={entry} />}
      />
    </section>
  );
}

function Registration({ entry }: { readonly entry: RegistrationAnswer }) {
  return (
    <tr>
      <td>
        <button type="button" class="link" onClick={() => open(keyOf(entry))} title={entry.id ?? entry.address}>
          {keyOf(entry)}
        </button>
      </td>
      <td>{lasting(now.value - entry.since)}</td>
      <td>{lasting(now.value - entry.renewedAt)} ago</td>
    </tr>
  );
}
