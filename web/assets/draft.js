// <form data-draft="/tasks/7/draft"> is kept on the server while somebody types: 1.2 s after the
// last change, and at once when the page is left. [data-draft-status] inside says how it stands.
// What is on its way when the page is left lies in the tab's own storage until the next page of the
// tab is there, which may be this one, loaded before the server has the draft: then it is put back.
// The server answers 2xx, or 409 where the task is no longer this person's: then we stop.
import { csrfToken } from "./csrf.js";

const QUIET = 1_200;
const LEFT = "bihuan-left";
const LARGEST_KEPT = 60_000; // a request that outlives its page may have 64 KB
const RETRY = [5_000, 15_000, 60_000];

// What the tab's last page left, for this page alone.
let left = null;
try {
  left = JSON.parse(sessionStorage.getItem(LEFT));
  sessionStorage.removeItem(LEFT);
} catch { /* no storage */ }

class Draft {
  constructor(form) {
    this.form = form;
    this.status = form.querySelector("[data-draft-status]");
    this.dirty = false;
    this.tries = 0;
    this.timer = 0;
    form.addEventListener("input", () => this.changed());
    form.addEventListener("change", () => this.changed());
    form.addEventListener("submit", () => this.stop());
    window.addEventListener("pagehide", () => this.leave());
    this.putBack();
  }

  leave() {
    if (this.stopped || !this.form.isConnected || (!this.dirty && !this.saving)) return;
    const said = [...new FormData(this.form)].filter(([name, value]) =>
      typeof value === "string" && name !== "csrf_token");
    try {
      sessionStorage.setItem(LEFT, JSON.stringify({ at: this.form.dataset.draft, said }));
    } catch { /* no room or no storage: the request alone carries it */ }
    if (this.dirty) this.save();
  }

  putBack() {
    const { at, said } = left ?? {};
    if (at !== this.form.dataset.draft) return;
    left = null;
    let changed = false;
    for (const control of this.form.elements) {
      if (!control.name || ["hidden", "file", "submit", "button"].includes(control.type)) continue;
      const values = said.filter(([name]) => name === control.name).map(([, value]) => value);
      if (["checkbox", "radio"].includes(control.type)) {
        const checked = values.includes(control.value);
        changed ||= control.checked !== checked;
        control.checked = checked;
      } else if (control.type === "select-multiple") {
        for (const option of control.options) {
          changed ||= option.selected !== values.includes(option.value);
          option.selected = values.includes(option.value);
        }
      } else if (values.length === 1 && control.value !== values[0]) {
        control.value = values[0];
        changed = true;
      }
    }
    if (changed) this.form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  changed() {
    if (this.stopped) return;
    this.dirty = true;
    this.tries = 0;
    // “Saved” holds for what was there before; a warning stays until something is saved.
    if (!this.status?.classList.contains("text-danger")) this.say("");
    this.later(QUIET);
  }

  later(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), delay);
  }

  stop() {
    this.dirty = false;
    this.stopped = true;
    clearTimeout(this.timer);
    // A submit that the server refuses with 422 leaves the form on the page: keep on then.
    setTimeout(() => { this.stopped = false; }, 0);
  }

  async save() {
    clearTimeout(this.timer);
    if (!this.form.isConnected) return;
    this.dirty = false;
    this.saving = true;
    const body = new URLSearchParams(new FormData(this.form));
    try {
      const answer = await fetch(this.form.dataset.draft, {
        method: "POST",
        headers: { "X-CSRF-Token": csrfToken() },
        body,
        keepalive: body.toString().length < LARGEST_KEPT,
      });
      this.answered(answer.status);
    } catch {
      this.failed("网络不通");
    } finally {
      this.saving = false;
    }
  }

  answered(status) {
    if (status < 300) {
      this.tries = 0;
      if (this.dirty) return; // changed since: not all of it is saved
      const now = new Date();
      const clock = now.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
      this.say(`草稿已保存 ${clock}`);
    } else if (status === 409 || status === 403 || status === 404) {
      this.stopped = true;
      this.say("此任务已不在您名下，草稿不再保存；内容仍在本页，可复制。", true);
    } else {
      this.failed(`服务器答复 ${status}`);
    }
  }

  failed(why) {
    this.dirty = true;
    this.say(`草稿没有保存（${why}），会自动再试；内容仍在本页。`, true);
    const delay = RETRY[Math.min(this.tries, RETRY.length - 1)];
    this.tries += 1;
    this.later(delay);
  }

  say(text, bad = false) {
    if (!this.status) return;
    this.status.textContent = text;
    this.status.classList.toggle("text-danger", bad);
  }
}

export function startDrafts(root) {
  const forms = [...root.querySelectorAll("form[data-draft]")];
  if (root.matches?.("form[data-draft]")) forms.push(root);
  for (const form of forms) {
    if (form.draftKeeper) continue;
    form.draftKeeper = new Draft(form);
  }
}
