package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// alarms: aws_cloudwatch_metric_alarm, aws_cloudwatch_composite_alarm, aws_cloudwatch_dashboard.
func alarms(ctx context.Context, configuration aws.Config) {
	client := cloudwatch.NewFromConfig(configuration)
	name, composite := "sdks-go", "sdks-go-composite"
	must(client.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
		AlarmName: &name, Namespace: aws.String("Sdks"), MetricName: aws.String("M0"), Statistic: types.StatisticSum, Period: aws.Int32(60),
		EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(0), ComparisonOperator: types.ComparisonOperatorGreaterThanThreshold,
		TreatMissingData: aws.String("notBreaching"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	}))
	must(client.PutCompositeAlarm(ctx, &cloudwatch.PutCompositeAlarmInput{AlarmName: &composite, AlarmRule: aws.String("ALARM(" + name + ")")}))
	read := must(client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}, AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm}}))
	check("DescribeAlarms, metric alarm", "provider: read of alarms", 1, len(read.MetricAlarms))
	check("DescribeAlarms, threshold 0", "CloudWatch API", 0.0, aws.ToFloat64(read.MetricAlarms[0].Threshold))
	tags := must(client.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: read.MetricAlarms[0].AlarmArn}))
	check("ListTagsForResource", "CloudWatch API", 1, len(tags.Tags))
	read = must(client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{composite}, AlarmTypes: []types.AlarmType{types.AlarmTypeCompositeAlarm}}))
	check("DescribeAlarms, composite alarm", "provider: read of alarms", 1, len(read.CompositeAlarms))
	metrics(ctx, client)
	dashboards(ctx, client)
	must(client.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{composite}}))
	must(client.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{name}}))
	read = must(client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{name}}))
	check("DescribeAlarms, deleted", "provider: gone", 0, len(read.MetricAlarms))
}

func metrics(ctx context.Context, client *cloudwatch.Client) {
	data := make([]types.MetricDatum, 0, 200)
	for number := range 200 {
		dimension := types.Dimension{Name: aws.String("Where"), Value: aws.String(strings.Repeat("x", 40))}
		data = append(data, types.MetricDatum{MetricName: aws.String(fmt.Sprintf("M%d", number)), Value: aws.Float64(1), Dimensions: []types.Dimension{dimension}})
	}
	_, err := client.PutMetricData(ctx, &cloudwatch.PutMetricDataInput{Namespace: aws.String("Sdks"), MetricData: data})
	check("PutMetricData, compressed above 10 KB", "model: requestCompression", nil, err)
	listed := 0
	pages := cloudwatch.NewListMetricsPaginator(client, &cloudwatch.ListMetricsInput{Namespace: aws.String("Sdks")})
	for pages.HasMorePages() {
		listed += len(must(pages.NextPage(ctx)).Metrics)
	}
	check("ListMetrics, all pages", "model: paginators", 200, listed)
	stat := &types.MetricStat{Metric: &types.Metric{Namespace: aws.String("Sdks"), MetricName: aws.String("M1"), Dimensions: data[1].Dimensions}, Period: aws.Int32(60), Stat: aws.String("Sum")}
	now := time.Now()
	answer := must(client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-time.Hour)), EndTime: aws.Time(now.Add(time.Hour)),
		MetricDataQueries: []types.MetricDataQuery{{Id: aws.String("m"), MetricStat: stat}},
	}))
	check("GetMetricData", "CloudWatch API GetMetricData", "[1]", answer.MetricDataResults[0].Values)
	_, err = client.GetMetricData(ctx, &cloudwatch.GetMetricDataInput{StartTime: aws.Time(now), EndTime: aws.Time(now), MetricDataQueries: []types.MetricDataQuery{{Id: aws.String("m"), MetricStat: stat}}})
	check("GetMetricData, no time between", "CloudWatch API GetMetricData", "ValidationError", code(err))
}

func dashboards(ctx context.Context, client *cloudwatch.Client) {
	name := aws.String("sdks-go")
	body := aws.String(`{"widgets":[{"type":"text","x":0,"y":0,"width":6,"height":3,"properties":{"markdown":"hello"}}]}`)
	must(client.PutDashboard(ctx, &cloudwatch.PutDashboardInput{DashboardName: name, DashboardBody: body}))
	read := must(client.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: name}))
	check("GetDashboard", "CloudWatch API GetDashboard", *body, aws.ToString(read.DashboardBody))
	_, err := client.PutDashboard(ctx, &cloudwatch.PutDashboardInput{DashboardName: name, DashboardBody: aws.String("no json")})
	check("PutDashboard, no JSON", "CloudWatch API PutDashboard", true, is[*types.DashboardInvalidInputError](err))
	must(client.DeleteDashboards(ctx, &cloudwatch.DeleteDashboardsInput{DashboardNames: []string{*name}}))
	_, err = client.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: name})
	check("GetDashboard, deleted", "provider: gone", true, is[*types.DashboardNotFoundError](err))
}
