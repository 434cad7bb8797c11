package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// logGroups: aws_cloudwatch_log_group, and a search through more events than a page has.
func logGroups(ctx context.Context, configuration aws.Config) {
	client := cloudwatchlogs.NewFromConfig(configuration)
	name := aws.String("/sdks/go")
	must(client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name, DeletionProtectionEnabled: aws.Bool(true), Tags: map[string]string{"k": "v"}}))
	_, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: name})
	check("CreateLogGroup, a second time", "Logs API CreateLogGroup", true, is[*types.ResourceAlreadyExistsException](err))
	must(client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: name, RetentionInDays: aws.Int32(7)}))
	read := must(client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: name})).LogGroups[0]
	check("DescribeLogGroups, retention", "Logs API", 7, aws.ToInt32(read.RetentionInDays))
	check("DescribeLogGroups, class", "Logs API", types.LogGroupClassStandard, read.LogGroupClass)
	check("DescribeLogGroups, protection", "Logs API", true, aws.ToBool(read.DeletionProtectionEnabled))
	arn := aws.String(strings.TrimSuffix(aws.ToString(read.Arn), ":*"))
	must(client.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"n": "w"}}))
	must(client.UntagResource(ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"k"}}))
	check("ListTagsForResource", "Logs API", "map[n:w]", must(client.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: arn})).Tags)
	search(ctx, client, name)
	_, err = client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name})
	check("DeleteLogGroup, protected", "Logs API DeleteLogGroup", true, is[*types.ValidationException](err))
	must(client.PutLogGroupDeletionProtection(ctx, &cloudwatchlogs.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: read.LogGroupArn, DeletionProtectionEnabled: aws.Bool(false)}))
	must(client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name}))
	_, err = client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: name})
	check("DeleteLogGroup, deleted", "provider: gone", true, is[*types.ResourceNotFoundException](err))
}

func search(ctx context.Context, client *cloudwatchlogs.Client, group *string) {
	stream, now := aws.String("s"), time.Now().UnixMilli()
	must(client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream}))
	put := func(events ...types.InputLogEvent) (*cloudwatchlogs.PutLogEventsOutput, error) {
		return client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream, LogEvents: events})
	}
	event := func(at int64, message string) types.InputLogEvent {
		return types.InputLogEvent{Timestamp: aws.Int64(at), Message: aws.String(message)}
	}
	_, err := put(event(now, "late"), event(now-1, "early"))
	check("PutLogEvents, out of order", "Logs API PutLogEvents", true, is[*types.InvalidParameterException](err))
	told := must(put(event(now-15*24*time.Hour.Milliseconds(), "old"))).RejectedLogEventsInfo
	check("PutLogEvents, 15 days old", "model: RejectedLogEventsInfo", true, told != nil && aws.ToInt32(told.TooOldLogEventEndIndex) == 1)
	for part := range 2 {
		events := make([]types.InputLogEvent, 0, 6000)
		for number := range 6000 {
			events = append(events, event(now, fmt.Sprintf("REPORT %d", part*6000+number)))
		}
		must(put(events...))
	}
	found := 0
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(client, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: group, FilterPattern: aws.String("REPORT")})
	for pages.HasMorePages() {
		found += len(must(pages.NextPage(ctx)).Events)
	}
	check("FilterLogEvents, all pages", "Logs API FilterLogEvents", 12000, found)
	_, err = client.StartQuery(ctx, &cloudwatchlogs.StartQueryInput{LogGroupName: group, StartTime: aws.Int64(0), EndTime: aws.Int64(now), QueryString: aws.String("stats count(*)")})
	check("StartQuery, stats is refused by name", "emulator-fidelity: S7", "InvalidParameterException", code(err))
}
