export default function ({ data, setStateValue }) {
  bus.connect((messages) => setStateValue("outbox", messages));
  if (data) bus.receive(data);
}
