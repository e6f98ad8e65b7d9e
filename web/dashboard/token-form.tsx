/** Asks for the endpoint's token. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** Shown when the endpoint answers 401. */
export function TokenForm(props: { readonly wasRefused: boolean; readonly onToken: (token: string) => void }) {
  const [token, setToken] = useState("");
  const field = useRef<HTMLInputElement>(null);
  // There is nothing else to do on the page.
  useLayoutEffect(() => field.current?.focus(), []);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    if (token.trim() !== "") props.onToken(token.trim());
  };
  return (
    <form class="token" onSubmit={onSubmit}>
      <h2>This endpoint asks for its token</h2>
      <p>
        Whoever started the process at <b>{location.host}</b> has it: it stands in the variable{" "}
        <code>HEARSAY_HTTP_TOKEN</code>, or in a file.
      </p>
      <label for="token">Token</label>
      <input
        ref={field}
        id="token"
        aria-describedby="token-fate"
        type="password"
        autocomplete="off"
        value={token}
        aria-invalid={props.wasRefused}
        onInput={({ currentTarget }) => setToken(currentTarget.value)}
      />
      {props.wasRefused ? (
        <p class="bad" role="alert">
          That is not the token.
        </p>
      ) : null}
      <button type="submit" disabled={token.trim() === ""}>
        Sign in
      </button>
      <p class="why" id="token-fate">
        It is kept until this tab is closed, and sent to this endpoint only.
      </p>
    </form>
  );
}
