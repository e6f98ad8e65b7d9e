/** Asks for the endpoint's token. */
import { useState } from "preact/hooks";

/** Shown when the endpoint answers 401. */
export function TokenForm(props: { readonly wasRefused: boolean; readonly onToken: (token: string) => void }) {
  const [token, setToken] = useState("");
  const onSubmit = (event: Event) => {
    event.preventDefault();
    if (token.trim() !== "") props.onToken(token.trim());
  };
  return (
    <form class="big token" onSubmit={onSubmit}>
      <h2>This endpoint asks for its token</h2>
      <p>
        It was given to the process with the endpoint. It is kept until this tab is closed, and sent to this endpoint
        only.
      </p>
      <label for="token">Token</label>
      <input
        id="token"
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
        Go on
      </button>
    </form>
  );
}
