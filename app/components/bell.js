let rung = 0;

export default function ({ setStateValue }) {
  bus.connectBell(() => setStateValue("rung", ++rung));
}
