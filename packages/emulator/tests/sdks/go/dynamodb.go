package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// tables: aws_dynamodb_table, and an item written under a condition.
func tables(ctx context.Context, configuration aws.Config) {
	client := dynamodb.NewFromConfig(configuration)
	name := aws.String("sdks-go")
	created := must(client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: name, BillingMode: types.BillingModePayPerRequest, DeletionProtectionEnabled: aws.Bool(true),
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("k"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("k"), AttributeType: types.ScalarAttributeTypeS}},
	}))
	check("CreateTable, status", "DynamoDB API CreateTable", types.TableStatusCreating, created.TableDescription.TableStatus)
	err := dynamodb.NewTableExistsWaiter(client, quick).Wait(ctx, &dynamodb.DescribeTableInput{TableName: name}, wait)
	check("waiter TableExists", "model: waiters", nil, err)
	read := must(client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: name})).Table
	check("DescribeTable, billing mode", "provider: read of tables", types.BillingModePayPerRequest, read.BillingModeSummary.BillingMode)
	tags := must(client.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: read.TableArn}))
	check("ListTagsOfResource, none", "DynamoDB API", 0, len(tags.Tags))
	keep(ctx, client, name)
	item := &dynamodb.PutItemInput{TableName: name, Item: map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: "1"}}, ConditionExpression: aws.String("attribute_not_exists(k)")}
	must(client.PutItem(ctx, item))
	_, err = client.PutItem(ctx, item)
	check("PutItem, condition fails", "DynamoDB API PutItem", true, is[*types.ConditionalCheckFailedException](err))
	_, err = client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
	check("DeleteTable, protected", "DynamoDB API DeleteTable", "ValidationException", code(err))
	must(client.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: name, DeletionProtectionEnabled: aws.Bool(false)}))
	must(client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name}))
	err = dynamodb.NewTableNotExistsWaiter(client).Wait(ctx, &dynamodb.DescribeTableInput{TableName: name}, wait)
	check("waiter TableNotExists", "model: waiters", nil, err)
}

// quick asks oftener than every 20 seconds: the emulated AWS has its times divided.
func quick(options *dynamodb.TableExistsWaiterOptions) {
	options.MinDelay, options.MaxDelay = wait/600, wait/60
}

func keep(ctx context.Context, client *dynamodb.Client, name *string) {
	expiry := &dynamodb.UpdateTimeToLiveInput{TableName: name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("at"), Enabled: aws.Bool(true)}}
	must(client.UpdateTimeToLive(ctx, expiry))
	_, err := client.UpdateTimeToLive(ctx, expiry)
	check("UpdateTimeToLive, a second time", "DynamoDB API UpdateTimeToLive", "ValidationException", code(err))
	told := must(client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: name})).TimeToLiveDescription
	check("DescribeTimeToLive", "provider: read of tables", "at", aws.ToString(told.AttributeName))
	backups := must(client.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{TableName: name, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true), RecoveryPeriodInDays: aws.Int32(7)}}))
	check("UpdateContinuousBackups, days", "DynamoDB API", 7, aws.ToInt32(backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.RecoveryPeriodInDays))
	_, err = client.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: aws.String("absent")})
	check("DescribeContinuousBackups, no table", "DynamoDB API", true, is[*types.TableNotFoundException](err))
}
