// A tap on "send now" is seen to do something, also where nothing waits and only news is asked for; and it is
// seen when that is over.
import { Agent } from "../harness/people.js";
import { openRoad } from "../harness/road.js";
import { expect, faults, picture, test } from "../harness/test.js";

const looks = [
  { language: "fr", theme: "dark", asking: "On demande les nouvelles…", done: /^Tout est envoyé/ },
  { language: "ar", theme: "light", asking: "نسأل المكتب عن الجديد…", done: /^أُرسل كل شيء/ },
];

for (const { language, theme, asking, done } of looks) {
  test(`whoever sends now sees that the office is asked, and when it has answered, ${language}`, async ({ server, phone }) => {
    const office = await server();
    const road = await openRoad(office.url);
    const device = await phone({ url: road.url, language, theme });
    const agent = new Agent(device);
    await agent.signIn("agent-01");
    await agent.open("/field/sync");
    const said = agent.page.locator("main [role=status]");
    const action = agent.page.locator(".action-bar button");
    await expect(said.getByText(done)).toBeVisible();

    // The road is slow.
    const release = road.hold();
    await action.click();
    await expect(said.getByText(asking)).toBeVisible();
    await expect(said.getByText(done)).toHaveCount(0);
    await expect(action).toHaveAttribute("aria-disabled", "true");
    expect(await faults(agent.page)).toEqual([]);
    await picture(agent.page, `screens/asking-${language}`);

    release();
    await expect(said.getByText(done)).toBeVisible();
    await expect(said.getByText(asking)).toHaveCount(0);
    await expect(action).not.toHaveAttribute("aria-disabled");
    expect(device.complaints).toEqual([]);
    await road.close();
  });
}
