// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// What alchemy knows of the seed's set, as plain/core.py makes it. `node alchemy.run.mjs SETTINGS [--destroy]`, where
// SETTINGS is the JSON that floor.py prints for it.
import { readFileSync } from "node:fs";
import alchemy from "alchemy";
import { Bucket, Role } from "alchemy/aws";
import {
  InternetGateway,
  InternetGatewayAttachment,
  NatGateway,
  Route,
  RouteTable,
  RouteTableAssociation,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
  Vpc,
} from "alchemy/aws/ec2";

const everywhere = "0.0.0.0/0";
const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { name, tags } = settings;
const named = (suffix, more = {}) => ({ ...tags, Name: name + suffix, ...more });
const app = await alchemy("benchmark", { stage: "seed", quiet: true, noTrack: true });

async function subnets(vpc, tier) {
  const made = settings[tier].map((cidrBlock, index) => {
    const number = String(index + 1);
    return Subnet(`${tier}-${number}`, {
      vpc,
      cidrBlock,
      availabilityZone: settings.zones[index],
      mapPublicIpOnLaunch: tier === "public",
      tags: named(`-${tier}-${number}`, { Tier: tier, Index: number }),
    });
  });
  return Promise.all(made);
}

async function table(vpc, tier, members, target) {
  const routeTable = await RouteTable(`${tier}-table`, { vpc, tags: named(`-${tier}`, { Tier: tier, Index: "1" }) });
  await Promise.all([
    Route(`${tier}-way-out`, { routeTable, destinationCidrBlock: everywhere, target }),
    ...members.map((subnet, index) => RouteTableAssociation(`${tier}-association-${index}`, { routeTable, subnet })),
  ]);
}

async function network() {
  const vpc = await Vpc("vpc", {
    cidrBlock: settings.cidr,
    enableDnsSupport: true,
    enableDnsHostnames: true,
    tags: named(""),
  });
  const [outer, inner, internetGateway] = await Promise.all([
    subnets(vpc, "public"),
    subnets(vpc, "private"),
    InternetGateway("internet", { tags: named("") }),
    group(vpc),
  ]);
  await InternetGatewayAttachment("attachment", { internetGateway, vpc });
  const natGateway = NatGateway("nat", { subnet: outer[1], tags: named("-nat-2") });
  await Promise.all([
    table(vpc, "public", outer, { internetGateway }),
    natGateway.then((gateway) => table(vpc, "private", inner, { natGateway: gateway })),
  ]);
}

async function group(vpc) {
  const securityGroup = await SecurityGroup("group", {
    vpc,
    groupName: settings.group,
    description: "Training instances",
    tags: { ...tags, Name: settings.group },
  });
  const rules = Object.entries(settings.ports).map(([port, description]) =>
    SecurityGroupRule(`port-${port}`, {
      securityGroup,
      type: "ingress",
      protocol: "tcp",
      fromPort: Number(port),
      toPort: Number(port),
      cidrBlocks: settings.allowed,
      description,
    }),
  );
  await Promise.all(rules);
}

const buckets = settings.buckets.map((bucketName) => Bucket(bucketName, { bucketName, tags: { ...tags, Name: bucketName } }));
const role = Role("role", { ...settings.role, tags });
await Promise.all([network(), role, ...buckets]);
await app.finalize();
