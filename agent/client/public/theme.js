// Sets the chosen theme and text size before the first paint. It is a file of its own because the page allows no inline script.
try {
  const theme = localStorage.getItem("rein.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const size = Number(localStorage.getItem("rein.textSize"));
  if (size >= 14 && size <= 18 && size !== 15)
    document.documentElement.style.fontSize = `${(size / 15) * 100}%`;
} catch {
  // The browser gives no storage: then none was chosen.
}
