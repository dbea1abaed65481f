// bolt.cjs - Bolt for JavaScript with the same trivial handler, for comparison: node bolt.cjs API_URL
// Finds @slack/bolt in NODE_PATH.
const { App, LogLevel } = require("@slack/bolt");

const app = new App({
  token: "xoxb-bench",
  appToken: "xapp-1-bench",
  socketMode: true,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: process.argv[2] },
});
app.command("/heal", async ({ ack, command, client }) => {
  await ack();
  await client.chat.postMessage({ channel: command.channel_id, text: `healing ${command.text}` });
});
app.event("app_mention", async ({ event, client }) => {
  await client.chat.postMessage({ channel: event.channel, text: `healing ${event.text}` });
});
app.error(async (e) => console.error(e.message || e));
app.start();
