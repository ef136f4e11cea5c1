// <form data-conditions="/tasks/7/form"> asks the server, which alone evaluates FEEL, what the
// form looks like with what is entered now: after a change of a field that others depend on
// ([data-controls]) and for buttons that add or remove rows ([data-rows]). Of the answer only
// blocks whose state differs are taken over; what somebody is typing elsewhere stays.
import { csrfToken } from "./csrf.js";

const blocks = (grid) => [...grid.children].filter((one) => one.dataset.field !== undefined);

/** Bring the fields in `here` to what `wanted` shows; fields that left keep their content. */
function merge(here, wanted, kept) {
  const present = new Map(blocks(here).map((one) => [one.dataset.field, one]));
  const next = blocks(wanted).map((block) => {
    const name = block.dataset.field;
    const old = present.get(name) ?? kept.get(name);
    if (!old || old.dataset.state !== block.dataset.state) return block;
    old.className = block.className;
    const inner = (one) => one.querySelector(":scope > fieldset.form-group > .form-grid");
    if (inner(old) && inner(block)) merge(inner(old), inner(block), kept);
    return old;
  });
  for (const [name, block] of present) if (!next.includes(block)) kept.set(name, block);
  if (next.length === present.size && next.every((one, at) => one === here.children[at])) return;
  here.replaceChildren(...next);
}

class Conditions {
  constructor(form, swapped) {
    this.form = form;
    this.swapped = swapped;
    this.kept = new Map();
    this.asked = 0;
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-controls]")) this.refresh();
    });
    form.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-rows]");
      if (!button) return;
      event.preventDefault();
      this.refresh(button);
    });
  }

  async refresh(button) {
    const turn = ++this.asked;
    const focused = document.activeElement?.id;
    const answer = await fetch(this.form.dataset.conditions, {
      method: "POST",
      headers: { "X-CSRF-Token": csrfToken(), "HX-Request": "true" },
      body: new URLSearchParams(new FormData(this.form, button)),
    }).catch(() => null);
    if (!answer?.ok || turn !== this.asked) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const here = this.form.querySelector(".form-grid");
    const wanted = page.querySelector(".form-grid");
    if (!here || !wanted) return;
    if (button) here.replaceWith(wanted);
    else merge(here, wanted, this.kept);
    this.swapped(this.form);
    if (focused && document.activeElement === document.body) {
      document.getElementById(focused)?.focus();
    }
    this.form.dispatchEvent(new Event("input", { bubbles: true })); // the draft follows
  }
}

export function startConditions(root, swapped) {
  const forms = [...root.querySelectorAll("form[data-conditions]")];
  if (root.matches?.("form[data-conditions]")) forms.push(root);
  for (const form of forms) {
    if (form.conditions) continue;
    form.conditions = new Conditions(form, swapped);
  }
}
