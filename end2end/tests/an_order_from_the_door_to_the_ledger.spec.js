// The whole path through the product, in the demo company, on both databases.
import { liveInADemoCompany } from "../harness/story.js";
import { test } from "../harness/test.js";

for (const database of ["sqlite", "postgres"]) {
  test(`an order taken offline earns a commission that everyone sees, on ${database}`, async ({
    server,
    phone,
  }) => {
    test.setTimeout(300_000);
    const { road } = await liveInADemoCompany({ server, phone, database });
    await road.close();
  });
}
