// Streamlit sends nothing where a value is the same as before: each try is a value of its own, or what was said while the server
// was away would never be said again.
let tries = 0;

export default function ({ data, setStateValue }) {
  bus.connect((messages) => setStateValue("outbox", { try: ++tries, messages }));
  if (data) bus.receive(data);
}
