// What the page for hand-over files does better with a script; it is whole without.
//
//   form[data-offline]   without a network the form stays as it is, and says so, instead of an error of the browser

const form = document.querySelector("form[data-offline]");

form.addEventListener("submit", (event) => {
  if (navigator.onLine) return;
  event.preventDefault();
  form.querySelector("[role=alert]")?.remove();
  const said = document.createElement("p");
  said.setAttribute("role", "alert");
  said.textContent = form.dataset.offline;
  form.append(said);
});
