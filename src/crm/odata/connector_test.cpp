#include "crm/odata/connector.h"

#include "base/test/manual_clock.h"
#include "crm/test/script.h"

#include <stdexcept>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace koppla::odata {
namespace {

using koppla::test::Answer;
using koppla::test::TextSink;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string root = "https://shop.example/v4";

std::string metadata(const std::string& more = "") {
    return R"(<Edmx Version="4.0"><DataServices><Schema Namespace="S"><EntityType Name="P"><Key><PropertyRef Name="ID"/></Key>
      <Property Name="ID" Type="Edm.Int32"/><Property Name="Name" Type="Edm.String"/>
      <Property Name="Changed" Type="Edm.DateTimeOffset"/>)" +
           more +
           R"(</EntityType><EntityContainer Name="C"><EntitySet Name="Products" EntityType="S.P"><Annotation
      Term="Org.OData.Capabilities.V1.ChangeTracking"><Record><PropertyValue Property="Supported" Bool="true"/></Record>
      </Annotation></EntitySet></EntityContainer></Schema></DataServices></Edmx>)";
}

struct Shop {
    explicit Shop(koppla::test::ScriptedClient::Script script) : client{std::move(script)} {
        auto made = account_type.connect(ConnectorParts{.settings = settings,
                                                        .secrets = {},
                                                        .client = client,
                                                        .tokens = tokens,
                                                        .clock = clock,
                                                        .account = "shop"});
        if (!made) throw std::runtime_error(made.error().message);
        connector = std::move(*made);
    }

    model::ObjectSchema products() {
        const DescribeRequest wanted{.object = "Products"};
        auto described = connector->describe({&wanted, 1}, call);
        if (!described) throw std::runtime_error(described.error().message);
        return described->front()->schema;
    }

    model::Settings settings = {{"server", root}, {"auth", "none"}, {"index-fields", "Nothing, changed"}};
    koppla::test::ScriptedClient client;
    koppla::test::MemoryTokens tokens;
    ManualClock clock;
    std::unique_ptr<CrmConnector> connector;
    Call call;
};

TEST(ODataConnector, OneDocumentDescribesEverything) {
    Shop shop{[](const http::Request& request) -> Answer {
        EXPECT_EQ(request.target, root + "/$metadata");
        return {.body = metadata()};
    }};
    EXPECT_EQ(shop.connector->objects(shop.call)->front().name, "Products");
    const std::vector<DescribeRequest> wanted = {{.object = "Products"}, {.object = "Nothing"}};
    const auto described = shop.connector->describe(wanted, shop.call);
    ASSERT_TRUE(described) << described.error().message;
    EXPECT_EQ(described->at(0)->schema.stamp, "Changed") << "as the setting index-fields says";
    EXPECT_EQ(described->at(1).error().kind, ErrorKind::not_found);
    EXPECT_EQ(shop.client.requests().size(), 1U);

    const DescribeRequest known{.object = "Products", .known_version = described->at(0)->version};
    EXPECT_TRUE(shop.connector->describe({&known, 1}, shop.call)->front()->is_unchanged);
    shop.clock.advance(std::chrono::minutes{2});
    shop.client.answer_with([](const http::Request&) -> Answer {
        return {.body = metadata(R"(<Property Name="New" Type="Edm.String"/>)")};
    });
    const auto later = shop.connector->describe({&known, 1}, shop.call);
    EXPECT_NE(later->front()->schema.find("New"), nullptr);
}

TEST(ODataConnector, RecordsComePageByPageWithNothingThatOnlyDynamicsHas) {
    Shop shop{[](const http::Request& request) -> Answer {
        if (request.target.ends_with("$metadata")) return {.body = metadata()};
        EXPECT_FALSE(request.headers.find("If-None-Match"));
        if (request.target.ends_with("skip=2")) return {.body = R"({"value":[{"ID":3,"Name":null}]})"};
        EXPECT_EQ(http::percent_decode(request.target),
                  root + "/Products?$select=ID,Name&$filter=(Name ne null)&$orderby=ID asc");
        return {
            .body =
                R"({"@odata.nextLink":"Products?$skip=2","value":[{"ID":1,"Name":"a"},{"ID":2,"Name":"b"}]})"};
    }};
    const model::ObjectSchema products = shop.products();
    ReadRequest request{.object = &products, .fields = {"ID", "Name"}};
    request.filter =
        *shop.connector->condition(*model::parse_filter("Name is not empty"), products, Instant{});
    const auto plan = shop.connector->plan(request, shop.call);
    ASSERT_TRUE(plan) << plan.error().message;
    TextSink sink;
    const auto end = shop.connector->read(request, plan->parts.front(), sink, shop.call);
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_THAT(sink.rows, ElementsAre(ElementsAre("1", "a"), ElementsAre("2", "b"), ElementsAre("3", "-")));
}

TEST(ODataConnector, AFeedGoesOnFromItsLinkUntilThatIsForgotten) {
    Shop shop{[](const http::Request& request) -> Answer {
        if (request.target.ends_with("$metadata")) return {.body = metadata()};
        if (request.target.ends_with("delta=1"))
            return {
                .body =
                    R"x({"value":[{"@removed":{"reason":"deleted"},"@id":"Products(7)"}],"@deltaLink":"Products?delta=2"})x"};
        if (request.target.ends_with("delta=2")) return {.status = 410, .body = "{}"};
        return {.body =
                    R"({"value":[{"ID":1}],"@odata.deltaLink":"https://shop.example/v4/Products?delta=1"})"};
    }};
    const model::ObjectSchema products = shop.products();
    ReadRequest feed{.object = &products, .fields = {"ID", "isdeleted"}, .by_feed = true};
    TextSink sink;
    const Part beginning = shop.connector->plan(feed, shop.call)->parts.front();
    feed.feed_mark = shop.connector->read(feed, beginning, sink, shop.call)->feed_mark;
    EXPECT_EQ(feed.feed_mark, "https://shop.example/v4/Products?delta=1");
    feed.feed_mark = shop.connector->read(feed, beginning, sink, shop.call)->feed_mark;
    EXPECT_THAT(sink.rows, ElementsAre(ElementsAre("1", "false"), ElementsAre("7", "true")));
    EXPECT_EQ(shop.connector->read(feed, beginning, sink, shop.call).error().symbol, "FEED_EXPIRED");
    feed.feed_mark = "https://evil.example/Products?delta=1";
    EXPECT_EQ(shop.connector->read(feed, beginning, sink, shop.call).error().symbol, "OTHER_HOST");
}

TEST(ODataConnector, CanSayNothingOfWhatItDoesntShow) {
    Shop shop{[](const http::Request&) -> Answer { return {.status = 500}; }};
    const Member member{.object = "Products", .field = "Old"};
    EXPECT_EQ(shop.connector->look_for({&member, 1}, shop.call)->front(), Sight::unknown);
}

}  // namespace
}  // namespace koppla::odata
