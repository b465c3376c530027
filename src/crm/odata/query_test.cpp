#include "crm/odata/query.h"

#include "crm/odata/test/contact.h"
#include "http/message.h"

#include <gmock/gmock.h>

namespace koppla::odata {
namespace {

using testing::HasSubstr;

const model::ObjectSchema contact = test::contact_schema();

ReadRequest request() {
    return ReadRequest{.object = &contact, .fields = {"contactid", "fullname"}};
}

std::string query(const ReadRequest& of, QueryOptions options = {.dialect = Dialect::dataverse}) {
    const auto path = query_path(of, options);
    return path ? http::percent_decode(*path) : path.error().message;
}

TEST(QueryOData, AllThereIsComesInTheOrderOfItsKey) {
    EXPECT_EQ(query(request()), "contacts?$select=contactid,fullname&$orderby=contactid asc");
    ReadRequest indexed = request();
    indexed.index_field = "modifiedon";
    EXPECT_EQ(query(indexed), "contacts?$select=contactid,fullname&$orderby=contactid asc");
}

TEST(QueryOData, AWindowIncludesItsEdgesAndTheWholeSecondItBeginsIn) {
    ReadRequest window = request();
    window.index_field = "modifiedon";
    window.from = *parse_instant("2026-11-01T10:00:00.700Z");
    window.until = *parse_instant("2026-11-01T11:00:00.300Z");
    EXPECT_EQ(
        query(window, {.dialect = Dialect::dataverse, .stamp_unit = QueryOptions::StampUnit::seconds}),
        "contacts?$select=contactid,fullname&$filter=modifiedon ge 2026-11-01T10:00:00Z and modifiedon le "
        "2026-11-01T11:00:00.300Z&$orderby=modifiedon asc,contactid asc");
    EXPECT_THAT(query(window), HasSubstr("ge 2026-11-01T10:00:00.700Z"));
}

TEST(QueryOData, FieldsAreNamedAsRecordsNameThemAndNoneTwice) {
    ReadRequest of = request();
    of.fields = {"contactid", "parentcustomerid", "parentcustomeridtype", "isdeleted"};
    of.order_by = "parentcustomerid DESC, fullname";
    EXPECT_EQ(query(of),
              "contacts?$select=contactid,_parentcustomerid_value&$orderby=_parentcustomerid_value "
              "desc,fullname asc");
}

TEST(QueryOData, FilterAndConditionBothHold) {
    ReadRequest of = request();
    of.filter = "fullname eq 'a)' or contains(fullname,'b')";
    EXPECT_EQ(query(of, {.dialect = Dialect::dataverse, .condition = "createdon eq null"}),
              "contacts?$select=contactid,fullname&$filter=(fullname eq 'a)' or contains(fullname,'b')) and "
              "(createdon eq null)&$orderby=contactid asc");
}

TEST(QueryOData, AFilterCantLeaveItsParentheses) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"fullname eq 'a') or (1 eq 1", "closes a parenthesis that it didn't open"},
        {"(fullname eq 'a'", "opens a parenthesis that it doesn't close"},
        {"fullname eq 'a", "opens a quote that it doesn't close"},
        {"fullname eq 'a''", "opens a quote that it doesn't close"},
        {"In(PropertyValues=[\"a])", "opens a quote that it doesn't close"},
        {"In(PropertyValues=[\"a\\\"])", "opens a quote that it doesn't close"},
        {std::string("fullname eq '\x01'"), "control character"}};
    for (const auto& [filter, words] : cases) {
        ReadRequest of = request();
        of.filter = filter;
        EXPECT_THAT(query(of), HasSubstr(words)) << filter;
    }
    ReadRequest of = request();
    of.filter = "fullname eq 'a&$top=1#'";
    const auto path = query_path(of, {.dialect = Dialect::dataverse});
    EXPECT_THAT(*path, HasSubstr("%26$top=1%23"));
}

TEST(QueryOData, RefusesWhatIsNoQuery) {
    ReadRequest of = request();
    of.fields = {"nothere"};
    EXPECT_THAT(query(of), HasSubstr("no field 'nothere'"));
    of.fields = {};
    EXPECT_THAT(query(of), HasSubstr("no field was asked for"));
    of.fields = {"isdeleted"};
    EXPECT_THAT(query(of), HasSubstr("that the CRM has"));
    of = request();
    of.order_by = "fullname desc nulls last";
    EXPECT_THAT(query(of), HasSubstr("behind a field stands asc or desc"));
    of.order_by = "new_interests";
    EXPECT_THAT(query(of), HasSubstr("can't order by field 'new_interests'"));
    of = request();
    of.row_limit = 0;
    EXPECT_THAT(query(of), HasSubstr("at least 1"));
    of = request();
    of.from = Instant{};
    EXPECT_THAT(query(of), HasSubstr("needs an index field"));
    of.index_field = "fullname";
    EXPECT_THAT(query(of), HasSubstr("can't be the index"));
}

TEST(QueryOData, AFeedChoosesAmongNoRecords) {
    ReadRequest of = request();
    EXPECT_EQ(*feed_path(of, {.dialect = Dialect::dataverse}), "contacts?$select=contactid,fullname");
    of.filter = "fullname eq 'a'";
    EXPECT_THAT(feed_path(of, {.dialect = Dialect::dataverse}).error().message, HasSubstr("neither filter"));
    of = request();
    of.row_limit = 5;
    EXPECT_FALSE(feed_path(of, {.dialect = Dialect::dataverse}));
}

TEST(PositionOData, ComesBackAsItWasWritten) {
    const Instant at = *parse_instant("2026-11-01T10:00:00Z");
    const std::vector<Position> positions = {
        {},
        {.stage = Position::Stage::done},
        {.stage = Position::Stage::done, .link = "919058%21x"},
        {.stage = Position::Stage::page, .link = "https://x.example/api?$skiptoken=%3Ccookie"},
        {.stage = Position::Stage::window, .to = at},
        {.stage = Position::Stage::window, .from = at},
        {.stage = Position::Stage::window, .from = at, .to = at + std::chrono::hours{1}}};
    for (const Position& position : positions) EXPECT_EQ(*Position::of(position.text()), position);
    for (const std::string_view text : {"", "page", "window", "window x y", "row", "page a b"})
        EXPECT_EQ(Position::of(text).error().kind, ErrorKind::corrupt) << text;
}

}  // namespace
}  // namespace koppla::odata
