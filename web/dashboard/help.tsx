/** The keys. */
import { useEffect, useRef } from "preact/hooks";
import { keys } from "./keys.js";
import { isHelpOpen, self } from "./state.js";

/** A dialog over the page. */
export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  const close = () => {
    isHelpOpen.value = false;
  };
  return (
    <dialog ref={dialog} class="help" aria-label="Keys" onClose={close}>
      <h2>Keys</h2>
      <dl>
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p class="why">
        Messages are drawn going the way they really went, slowed down so that it can be seen. hearsay{" "}
        {self.value?.version ?? ""}
      </p>
      <button type="button" onClick={close}>
        Close
      </button>
    </dialog>
  );
}
