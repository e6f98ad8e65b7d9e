/** The playground's page. */
import { render } from "preact";
import { App } from "./app.js";
import { applyTheme, initialTheme } from "./theme.js";

const theme = initialTheme();
applyTheme(theme, false);
const page = document.getElementById("page")!;
page.textContent = "";
render(<App theme={theme} />, page);
