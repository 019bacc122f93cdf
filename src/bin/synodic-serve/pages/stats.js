'use strict';
const table = document.getElementById('stats');

async function refresh() {
  const response = await fetch('/stats');
  const rows = Object.entries(await response.json()).map(([name, value]) => {
    const row = document.createElement('tr');
    for (const text of [name.replaceAll('_', ' '), value]) {
      row.insertCell().textContent = text;
    }
    return row;
  });
  table.replaceChildren(...rows);
}

async function watch() {
  try {
    await refresh();
    setTimeout(watch, 1000);
  } catch {
    table.textContent = 'The server is gone.';
  }
}
watch();
