package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// queues: aws_sqs_queue, aws_sqs_queue_policy, aws_sqs_queue_redrive_allow_policy.
func queues(ctx context.Context, configuration aws.Config) {
	client := sqs.NewFromConfig(configuration)
	name := aws.String("sdks-go")
	_, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: name, Attributes: map[string]string{"Colour": "red"}})
	check("CreateQueue, unknown attribute", "SQS API CreateQueue", true, is[*types.InvalidAttributeName](err))
	sent := map[string]string{"DelaySeconds": "0", "MaximumMessageSize": "262144", "MessageRetentionPeriod": "345600", "ReceiveMessageWaitTimeSeconds": "0", "VisibilityTimeout": "30"}
	url := must(client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: name, Attributes: sent, Tags: map[string]string{"k": "v"}})).QueueUrl
	read := attributes(ctx, client, url)
	for key, value := range sent {
		check("GetQueueAttributes, "+key, "provider: wait for attributes", value, read[key])
	}
	check("GetQueueAttributes, encryption", "SQS API GetQueueAttributes", "true", read["SqsManagedSseEnabled"])
	check("ListQueueTags", "SQS API ListQueueTags", "map[k:v]", must(client.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: url})).Tags)
	set := func(key, value string) error {
		_, err := client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{key: value}})
		return err
	}
	check("SetQueueAttributes, policy no JSON", "provider: InvalidAttributeValue", true, is[*types.InvalidAttributeValue](set("Policy", "no json")))
	for key, value := range map[string]string{"Policy": `{"Version":"2012-10-17","Statement":[]}`, "RedriveAllowPolicy": `{"redrivePermission":"denyAll"}`} {
		check("SetQueueAttributes, "+key, "SQS API SetQueueAttributes", nil, set(key, value))
		check("GetQueueAttributes, "+key, "SQS API GetQueueAttributes", value, attributes(ctx, client, url)[key])
		check("SetQueueAttributes, empty "+key, "provider: delete", nil, set(key, ""))
		_, held := attributes(ctx, client, url)[key]
		check("GetQueueAttributes, deleted "+key, "provider: delete", false, held)
	}
	messages(ctx, client, url)
	must(client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: url}))
	_, err = client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: name})
	check("CreateQueue, deleted just now", "SQS API CreateQueue", "AWS.SimpleQueueService.QueueDeletedRecently", code(err))
	_, err = client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url})
	check("GetQueueAttributes, deleted", "provider: gone", "AWS.SimpleQueueService.NonExistentQueue", code(err))
}

func attributes(ctx context.Context, client *sqs.Client, url *string) map[string]string {
	all := []types.QueueAttributeName{types.QueueAttributeNameAll}
	return must(client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: all})).Attributes
}

func messages(ctx context.Context, client *sqs.Client, url *string) {
	_, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("late"), DelaySeconds: 901})
	check("SendMessage, delay of 901 s", "SQS API SendMessage", "InvalidParameterValue", code(err))
	_, err = client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 21})
	check("ReceiveMessage, wait of 21 s", "SQS API ReceiveMessage", "InvalidParameterValue", code(err))
	must(client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("now")}))
	received := must(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url}))
	check("ReceiveMessage", "SQS API ReceiveMessage", 1, len(received.Messages))
	must(client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url}))
	_, err = client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url})
	check("PurgeQueue, a second time", "SQS API PurgeQueue", true, is[*types.PurgeQueueInProgress](err))
}
