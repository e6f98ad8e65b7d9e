/** The playground's page. */
import { render } from "preact";
import { App } from "./app.js";

const page = document.getElementById("page")!;
page.textContent = "";
render(<App />, page);
