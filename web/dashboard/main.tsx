/** Starts the page. */
import { render } from "preact";
import { App } from "./app.js";
import { Deeds } from "./deeds.js";
import { Endpoint } from "./endpoint.js";
import { Following } from "./follow.js";
import { connection } from "./state.js";
import { keepToken, keptToken } from "./token.js";

const endpoint = new Endpoint(new URL(".", document.baseURI).href, keptToken());
let following = new Following(endpoint);
const deeds = new Deeds(endpoint, () => following.refresh());

function follow(token: string | undefined): void {
  following.stop();
  endpoint.token = token;
  keepToken(token);
  connection.value = { type: "loading" };
  following = new Following(endpoint);
  void following.run();
}

const page = document.getElementById("page")!;
page.replaceChildren();
render(<App endpoint={endpoint} deeds={deeds} onToken={follow} />, page);
follow(endpoint.token);
