// What the office's pages do better with a script. Each of them is whole without.
//
//   button[data-copy="id"]   copies what stands in that field, and says so in its data-copied
//   form[data-keep="name"]   what was typed stays in this browser until it is taken, also when the
//                            page is left; .kept in it says so and offers to begin anew
//   [data-taken]             the page that says that a form was taken
//   form[data-live="name"]   while somebody types, asks for what the button of that name answers, and
//                            takes over each [data-told] of it; [data-unheard] says when none came

const KEPT = "taswiq.kept.";
const SENT = "taswiq.sent";

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    // Not over https, or not allowed: then what is to be copied is at least chosen.
    field.focus();
    field.select();
    return;
  }
  button.nextElementSibling.textContent = button.dataset.copied;
}

for (const form of document.querySelectorAll("form[data-keep]")) keep(form);

function keep(form) {
  const name = KEPT + form.dataset.keep;
  const notice = form.querySelector(".kept");
  const fields = [...form.elements].filter((field) => field.name && ["text", "date"].includes(field.type));
  const kept = JSON.parse(localStorage.getItem(name) ?? "{}");
  for (const field of fields) {
    // What the server says is wrong is newer than what was kept.
    if (field.name in kept && field.value === field.defaultValue && !form.querySelector("[role=alert]")) {
      field.value = kept[field.name];
    }
  }
  const typed = () => fields.filter((field) => field.value !== field.defaultValue);
  notice.hidden = typed().length === 0;
  form.addEventListener("input", () => {
    const changed = Object.fromEntries(typed().map((field) => [field.name, field.value]));
    if (Object.keys(changed).length > 0) localStorage.setItem(name, JSON.stringify(changed));
    else localStorage.removeItem(name);
  });
  form.addEventListener("submit", () => sessionStorage.setItem(SENT, name));
  notice.querySelector("button").addEventListener("click", () => {
    localStorage.removeItem(name);
    for (const field of fields) field.value = field.defaultValue;
    notice.hidden = true;
  });
}

if (document.querySelector("[data-taken]")) {
  localStorage.removeItem(sessionStorage.getItem(SENT));
  sessionStorage.removeItem(SENT);
}

for (const form of document.querySelectorAll("form[data-live]")) live(form);

// How long nobody types before the server is asked.
const PAUSE_MS = 300;

function live(form) {
  let pause;
  let asked;
  form.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => {
      asked?.abort();
      asked = ask(form);
    }, PAUSE_MS);
  });
}

function ask(form) {
  // It reads the page that comes without running or showing anything of it.
  const asked = new XMLHttpRequest();
  const fields = new URLSearchParams(new FormData(form));
  fields.set(form.dataset.live, "yes");
  asked.open("POST", form.action);
  asked.responseType = "document";
  asked.onloadend = () => {
    const page = asked.status === 200 ? asked.response : null;
    for (const notice of form.querySelectorAll("[data-unheard]")) notice.hidden = page !== null;
    for (const told of form.querySelectorAll("[data-told]")) {
      const now = page?.getElementById(told.id);
      if (now && now.textContent !== told.textContent) told.replaceChildren(...document.importNode(now, true).childNodes);
    }
  };
  asked.onabort = () => (asked.onloadend = null);
  asked.send(fields);
  return asked;
}
