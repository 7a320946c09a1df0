// The page's behaviour: live updates, sending, clicking, confirming, modals. HTML comes from the server.
"use strict";

const me = document.body.dataset.as;
const channel = document.body.dataset.channel;
const thread = document.body.dataset.thread;
const list = document.getElementById("messages");
const threadList = document.getElementById("thread-messages");
const modalRoot = document.getElementById("modal-root");
const toast = document.getElementById("toast");

async function post(what, said) {
  const response = await fetch(`/page/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ as: me, channel, ...said }),
  });
  const outcome = await response.json();
  if (outcome.ok === false) show(outcome.error);
  return outcome;
}

function show(text) {
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(show.timer);
  show.timer = setTimeout(() => { toast.hidden = true; }, 6000);
}

// ---- live updates (the server's HTML is escaped there; nothing here makes HTML of text)

function toEnd(box) { if (box) box.scrollTop = box.scrollHeight; }

function put(box, ts, html) {
  const nearEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 160;
  const old = box.querySelector(`[data-ts="${ts}"]`);
  if (!html) { if (old) old.remove(); return; }
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  if (old) {
    old.replaceWith(template.content);
  } else {
    const later = [...box.querySelectorAll("[data-ts]")].find((one) => one.dataset.ts > ts);
    box.insertBefore(template.content, later || null);
  }
  if (nearEnd) toEnd(box);
}

function onMessage(event) {
  if (event.channel !== channel) {
    const badge = document.querySelector(`.sidebar [data-channel="${event.channel}"] .unread`);
    if (badge && event.html) { badge.hidden = false; badge.textContent = Number(badge.textContent || 0) + 1; }
    return;
  }
  if (list && event.in_channel) put(list, event.ts, event.html);
  if (threadList && event.thread_ts === thread) put(threadList, event.ts, event.thread_html);
}

function onViews(event) {
  modalRoot.innerHTML = event.html;
  modalRoot.querySelector("input, textarea, select")?.focus();
}

const stream = new EventSource(`/page/events?as=${me}&since=${document.body.dataset.revision}`);
stream.onmessage = ({ data }) => {
  const event = JSON.parse(data);
  if (event.kind === "message") onMessage(event);
  else if (event.kind === "views") onViews(event);
  else if (![...document.querySelectorAll("textarea")].some((field) => field.value)) location.reload();
};

// ---- writing

const LONGEST_MESSAGE = 4000; // Slack offers to make a snippet of what is longer

function composer(form, extra) {
  if (!form) return;
  const field = form.querySelector("textarea");
  const hints = form.querySelector(".hints");
  const send = () => {
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    if (hints) hints.hidden = true;
    if (text.length > LONGEST_MESSAGE && !text.startsWith("/")) post("snippet", { name: "pasted.txt", content: text });
    else post("type", { text, ...extra });
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(); }
    if (event.key === "Escape" && hints) hints.hidden = true;
  });
  if (!hints) return;
  field.addEventListener("input", () => {
    let shown = 0;
    for (const hint of hints.children) {
      hint.hidden = !(field.value.startsWith("/") && hint.dataset.hint.startsWith(field.value.trim()));
      if (!hint.hidden) shown += 1;
    }
    hints.hidden = shown === 0;
  });
  hints.addEventListener("mousedown", (event) => {
    const hint = event.target.closest("[data-hint]");
    if (!hint) return;
    event.preventDefault();
    field.value = hint.dataset.hint;
    hints.hidden = true;
    field.focus();
  });
}

composer(document.getElementById("composer"), {});
composer(document.getElementById("thread-composer"), { thread });

// ---- clicking

function confirmed(element) {
  if (!element.dataset.confirm) return Promise.resolve(true);
  const asked = JSON.parse(element.dataset.confirm);
  const dialog = document.getElementById("confirm");
  const [no, yes] = dialog.querySelectorAll("button");
  dialog.querySelector("h2").innerHTML = asked.title;
  dialog.querySelector("p").innerHTML = asked.text;
  no.innerHTML = asked.deny;
  yes.innerHTML = asked.ok;
  yes.className = `button ${asked.style}`;
  dialog.returnValue = "no";
  return new Promise((resolve) => {
    no.onclick = yes.onclick = (event) => dialog.close(event.currentTarget.value);
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
    dialog.showModal();
  });
}

async function act(element, chosen) {
  // Noted before the dialog opens: an edit may replace the message meanwhile.
  const { actionId: action_id, blockId: block_id, url } = element.dataset;
  const view_id = element.closest("[data-view-id]")?.dataset.viewId;
  const ts = element.closest("[data-ts]")?.dataset.ts;
  if (!(await confirmed(element))) return;
  element.classList.add("busy");
  const outcome = view_id
    ? await post("click-view", { view_id, action_id, chosen })
    : await post("click", { ts, action_id, block_id, chosen });
  element.classList.remove("busy");
  if (outcome.acked === false) show("This app did not respond. Try again?");
  if (url) window.open(url, "_blank", "noopener");
}

async function choose(shortcut) {
  const ts = shortcut.closest("[data-ts]").dataset.ts;
  const outcome = await post("shortcut", { ts, callback_id: shortcut.dataset.shortcut });
  if (outcome.acked === false) show("This app did not respond. Try again?");
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-thread].thread-open");
  if (opener) {
    event.preventDefault();
    location.href = `/?as=${me}&channel=${channel}&thread=${opener.dataset.thread}`;
    return;
  }
  if (event.target.closest("[data-close]")) {
    post("close-view", { view_id: modalRoot.querySelector("[data-view-id]").dataset.viewId });
    return;
  }
  const shortcut = event.target.closest("button[data-shortcut]");
  if (shortcut) {
    choose(shortcut);
    return;
  }
  const button = event.target.closest("button[data-action-id]");
  if (button) act(button);
});

document.addEventListener("change", (event) => {
  const menu = event.target.closest("[data-acts]");
  if (menu) act(menu, valueOf(menu));
});

// ---- modals

function valueOf(field) {
  if (field.tagName === "FIELDSET") {
    return [...field.querySelectorAll("input:checked")].map((one) => one.value).join(",");
  }
  if (field.multiple) return [...field.selectedOptions].map((one) => one.value).filter(Boolean).join(",");
  return field.value;
}

modalRoot.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const values = {};
  for (const field of form.querySelectorAll(".block-input [data-action-id]")) {
    (values[field.dataset.blockId] ||= {})[field.dataset.actionId] = valueOf(field);
  }
  form.querySelector("[type=submit]").classList.add("busy");
  post("submit", { view_id: form.dataset.viewId, values });
});

toEnd(list);
toEnd(threadList);
