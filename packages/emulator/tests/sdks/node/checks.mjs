// What a user's code performs, by the SDK for JavaScript: invocations, typed errors, waiters,
// paginators. Each check is a line: verdict, what, expected, found, source.

import { readFileSync } from "node:fs";
import { IAM } from "@aws-sdk/client-iam";
import * as lambda from "@aws-sdk/client-lambda";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as sqs from "@aws-sdk/client-sqs";

const settings = { maxAttempts: 1 };
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
  ],
});
let wrong = 0;

/** Tell whether what was found is what AWS's documentation or model says. */
function check(what, source, expected, found) {
  const right = JSON.stringify(expected) === JSON.stringify(found);
  wrong += right ? 0 : 1;
  const told = [`JS ${what}`, `expected ${expected}`, `found ${found}`, source];
  console.log([right ? "ok" : "WRONG", ...told].join(" | "));
}

/** The name of the error that a call is refused with; "none" where it is not. */
async function refusal(call) {
  return call.then(() => "none", (error) => error.name);
}

/** All that a paginator's pages hold. */
async function all(pages, items) {
  const found = [];
  for await (const page of pages) found.push(...items(page));
  return found;
}

async function functions() {
  const client = new lambda.Lambda(settings);
  const role = await new IAM(settings).createRole({
    RoleName: "sdks-js", AssumeRolePolicyDocument: TRUST,
  });
  const FunctionName = "sdks-js";
  await client.createFunction({
    FunctionName, Role: role.Role.Arn, Handler: "app.handler", Runtime: process.env.SDKS_RUNTIME,
    Code: { ZipFile: readFileSync(process.env.SDKS_ZIP) },
  });
  const waiting = { client, maxWaitTime: 60 };
  const active = await lambda.waitUntilFunctionActiveV2(waiting, { FunctionName });
  check("waiter FunctionActiveV2", "model: waiters", "SUCCESS", active.state);
  const text = (payload) => Buffer.from(payload).toString();
  const answer = await client.invoke({ FunctionName, Payload: '{"a":1}' });
  check("Invoke, payload", "Lambda API Invoke", '{"a": 1}', text(answer.Payload));
  check("Invoke, version", "Lambda API Invoke", "$LATEST", answer.ExecutedVersion);
  const failed = await client.invoke({ FunctionName, Payload: '{"fail":true}' });
  check("Invoke, function error", "Lambda API Invoke", "Unhandled", failed.FunctionError);
  const error = JSON.parse(text(failed.Payload));
  check("Invoke, type of the error", "Lambda Developer Guide", "ValueError", error.errorType);
  const event = await client.invoke({ FunctionName, InvocationType: "Event" });
  check("Invoke, event", "Lambda API Invoke", 202, event.StatusCode);
  check("Invoke, no function", "Lambda API Invoke", "ResourceNotFoundException",
    await refusal(client.invoke({ FunctionName: "absent" })));
  check("Invoke, payload no JSON", "Lambda API Invoke", "InvalidRequestContentException",
    await refusal(client.invoke({ FunctionName, Payload: "{" })));
  await client.putFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions: 0 });
  const throttled = await client.invoke({ FunctionName }).catch((caught) => caught);
  check("Invoke, throttled", "model: TooManyRequestsException", true,
    throttled instanceof lambda.TooManyRequestsException);
  check("Invoke, reason of the throttle", "model: ThrottleReason",
    "ReservedFunctionConcurrentInvocationLimitExceeded", throttled.Reason);
  for (const Description of ["1", "2"]) {
    await client.updateFunctionConfiguration({ FunctionName, Description });
    await lambda.waitUntilFunctionUpdatedV2(waiting, { FunctionName });
    await client.publishVersion({ FunctionName });
  }
  const pages = lambda.paginateListVersionsByFunction({ client, pageSize: 1 }, { FunctionName });
  const versions = await all(pages, (page) => page.Versions.map((version) => version.Version));
  check("ListVersionsByFunction, all pages", "model: paginators", ["$LATEST", "1", "2"], versions);
  await client.deleteFunction({ FunctionName });
}

async function metrics() {
  const client = new cloudwatch.CloudWatch(settings);
  const Dimensions = [{ Name: "Where", Value: "x".repeat(40) }];
  const MetricData = Array.from({ length: 200 }, (_, number) => (
    { MetricName: `M${number}`, Value: number, Dimensions }
  ));
  check("PutMetricData, compressed above 10 KB", "model: requestCompression", "none",
    await refusal(client.putMetricData({ Namespace: "SdksJs", MetricData })));
  const listed = cloudwatch.paginateListMetrics({ client }, { Namespace: "SdksJs" });
  check("ListMetrics, all pages", "model: paginators", 200,
    (await all(listed, (page) => page.Metrics)).length);
  const now = Date.now();
  const Metric = { Namespace: "SdksJs", MetricName: "M7", Dimensions };
  const answer = await client.getMetricData({
    StartTime: new Date(now - 3.6e6), EndTime: new Date(now + 3.6e6),
    MetricDataQueries: [{ Id: "m", MetricStat: { Metric, Period: 60, Stat: "Maximum" } }],
  });
  check("GetMetricData", "CloudWatch API GetMetricData", [7], answer.MetricDataResults[0].Values);
  check("GetDashboard, none", "model: awsQueryError", "ResourceNotFound",
    await refusal(client.getDashboard({ DashboardName: "absent" })));
  const faulty = await client.putDashboard({ DashboardName: "d", DashboardBody: "no json" })
    .catch((error) => error);
  check("PutDashboard, no JSON", "model: DashboardInvalidInputError", true,
    (faulty.dashboardValidationMessages ?? []).length > 0);
  check("SetAlarmState, no alarm", "model: ResourceNotFound", "ResourceNotFound",
    await refusal(client.setAlarmState(
      { AlarmName: "absent", StateValue: "OK", StateReason: "test" })));
}

async function logGroups() {
  const client = new logs.CloudWatchLogs(settings);
  const [logGroupName, logStreamName] = ["/sdks/js", "s"];
  await client.createLogGroup({ logGroupName });
  await client.createLogStream({ logGroupName, logStreamName });
  const timestamp = Date.now();
  for (const part of [0, 1]) {
    const logEvents = Array.from({ length: 6000 }, (_, number) => (
      { timestamp, message: `REPORT ${part * 6000 + number}` }
    ));
    await client.putLogEvents({ logGroupName, logStreamName, logEvents });
  }
  const pages = logs.paginateFilterLogEvents({ client }, { logGroupName, filterPattern: "REPORT" });
  const messages = new Set(await all(pages, (page) => page.events.map((event) => event.message)));
  check("FilterLogEvents, all pages", "Logs API FilterLogEvents", 12000, messages.size);
  check("FilterLogEvents, pattern of JSON is refused by name", "emulator-fidelity: S2",
    "InvalidParameterException",
    await refusal(client.filterLogEvents({ logGroupName, filterPattern: "{ $.a = 1 }" })));
  const disordered = [{ timestamp, message: "late" }, { timestamp: timestamp - 1, message: "x" }];
  check("PutLogEvents, out of order", "Logs API PutLogEvents", "InvalidParameterException",
    await refusal(client.putLogEvents({ logGroupName, logStreamName, logEvents: disordered })));
  await client.deleteLogGroup({ logGroupName });
  check("DescribeLogStreams, no group", "Logs API", "ResourceNotFoundException",
    await refusal(client.describeLogStreams({ logGroupName })));
}

async function tables() {
  const client = new dynamodb.DynamoDB(settings);
  const TableName = "sdks-js";
  const created = await client.createTable({
    TableName, BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "k", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "k", AttributeType: "S" }],
  });
  check("CreateTable, status", "DynamoDB API CreateTable", "CREATING",
    created.TableDescription.TableStatus);
  const exists = await dynamodb.waitUntilTableExists(
    { client, maxWaitTime: 60, minDelay: 1 }, { TableName });
  check("waiter TableExists", "model: waiters", "SUCCESS", exists.state);
  const items = Array.from({ length: 5 }, (_, number) => ({ k: { S: String(number) } }));
  for (const Item of items) await client.putItem({ TableName, Item });
  const once = { TableName, Item: items[0], ConditionExpression: "attribute_not_exists(k)" };
  const failed = await client.putItem(once).catch((error) => error);
  check("PutItem, condition fails", "model: ConditionalCheckFailedException", true,
    failed instanceof dynamodb.ConditionalCheckFailedException);
  const pages = dynamodb.paginateScan({ client, pageSize: 2 }, { TableName });
  check("Scan, all pages", "model: paginators", 5, (await all(pages, (page) => page.Items)).length);
  check("GetItem, no table", "DynamoDB API GetItem", "ResourceNotFoundException",
    await refusal(client.getItem({ TableName: "absent", Key: items[0] })));
  await client.deleteTable({ TableName });
}

async function queues() {
  const client = new sqs.SQS(settings);
  const { QueueUrl } = await client.createQueue({ QueueName: "sdks-js" });
  const Entries = ["a", "b"].map((Id) => ({ Id, MessageBody: Id }));
  const sent = await client.sendMessageBatch({ QueueUrl, Entries });
  check("SendMessageBatch", "SQS API SendMessageBatch", 2, sent.Successful.length);
  const received = await client.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 });
  for (const { ReceiptHandle } of received.Messages) {
    await client.deleteMessage({ QueueUrl, ReceiptHandle });
  }
  const { Attributes } = await client.getQueueAttributes({ QueueUrl, AttributeNames: ["All"] });
  check("DeleteMessage, all", "SQS API DeleteMessage", "0", Attributes.ApproximateNumberOfMessages);
  check("SetQueueAttributes, unknown", "SQS API SetQueueAttributes", "InvalidAttributeName",
    await refusal(client.setQueueAttributes({ QueueUrl, Attributes: { Colour: "red" } })));
  await client.purgeQueue({ QueueUrl });
  check("PurgeQueue, a second time", "SQS API PurgeQueue", "PurgeQueueInProgress",
    await refusal(client.purgeQueue({ QueueUrl })));
  await client.deleteQueue({ QueueUrl });
  check("CreateQueue, deleted just now", "SQS API CreateQueue", "QueueDeletedRecently",
    await refusal(client.createQueue({ QueueName: "sdks-js" })));
  check("SendMessage, deleted", "SQS API SendMessage", "QueueDoesNotExist",
    await refusal(client.sendMessage({ QueueUrl, MessageBody: "x" })));
}

for (const phase of [functions, metrics, logGroups, tables, queues]) {
  await phase().catch((error) => check(phase.name, "every call of it", "answered", error));
}
process.exitCode = wrong ? 1 : 0;
