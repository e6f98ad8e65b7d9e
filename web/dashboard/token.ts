/** The endpoint's token, where it asks for one: kept as long as this tab is open, and nowhere else. */
const place = "hearsay-token";

/** The token that was entered in this tab; undefined when none was. */
export function keptToken(): string | undefined {
  try {
    return sessionStorage.getItem(place) ?? undefined;
  } catch {
    // Storage is switched off: then it is asked for again after a reload.
    return undefined;
  }
}

/** Keeps a token; undefined forgets it. */
export function keepToken(token: string | undefined): void {
  try {
    if (token === undefined) sessionStorage.removeItem(place);
    else sessionStorage.setItem(place, token);
  } catch {
    // As above.
  }
}
