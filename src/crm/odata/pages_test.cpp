#include "crm/odata/pages.h"

#include "crm/odata/errors.h"
#include "crm/odata/query.h"
#include "crm/odata/test/contact.h"
#include "crm/test/script.h"

#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace koppla::odata {
namespace {

using koppla::test::Answer;
using koppla::test::ScriptedClient;
using koppla::test::TextSink;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string root = "https://acme.example/api";
const model::ObjectSchema contact = test::contact_schema();

class Nobody final : public Sender {
  public:
    Result<http::Response> send(const SendWith& send, const Call&) override { return send({}); }
};

/// A service whose pages are written by the test.
struct Service {
    explicit Service(ScriptedClient::Script script) : client{std::move(script)} {}

    ScriptedClient client;
    Nobody sender;
    Session session{SessionParts{.root = root, .client = client, .sender = sender, .error_of = error_of}};
    TextSink sink;
    Call call;
    ReadRequest request{.object = &contact, .fields = {"contactid", "isdeleted"}};

    Result<PartEnd> read(const std::string& page = "") {
        const Paging paging{.first = "contacts?$select=contactid",
                            .headers = {{"Prefer", prefer({.page_rows = 2})}},
                            .page = page,
                            .bytes_max = 1'000'000,
                            .mark_of = [](const std::string& link) -> Result<std::string> { return link; }};
        return read_pages(session, request, paging, sink, call);
    }
};

std::string page(int first, int rows, const std::string& more = "") {
    std::string records;
    for (int i = first; i < first + rows; ++i)
        records += fmt::format(R"({}{{"contactid":"{}"}})", records.empty() ? "" : ",", i);
    return fmt::format(R"({{"value":[{}]{}}})", records, more);
}

std::string next(const std::string& link) {
    return fmt::format(R"(,"@odata.nextLink":"{}")", link);
}

TEST(PagesOData, FollowTheServicesOwnLinksWordForWord) {
    const std::string second = root + "/contacts?$select=contactid&$skiptoken=%3Ccookie%20x=%222%22/%3E";
    Service service{[&](const http::Request& request) -> Answer {
        EXPECT_EQ(request.headers.find("Prefer"), "odata.maxpagesize=2");
        if (request.target == second) return {.body = page(3, 1)};
        EXPECT_EQ(request.target, root + "/contacts?$select=contactid");
        return {.body = page(1, 2, next(second))};
    }};
    const auto end = service.read();
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(service.sink.rows.size(), 3U);
    ASSERT_EQ(service.sink.resumes.size(), 2U);
    EXPECT_EQ(service.sink.resumes[0], (Part{.position = "page " + second, .rows = 2}));
    EXPECT_EQ(service.sink.resumes[1], (Part{.position = "done", .rows = 3}));
}

TEST(PagesOData, GoOnFromThePageThatIsDue) {
    Service service{[&](const http::Request& request) -> Answer {
        EXPECT_EQ(request.target, root + "/contacts?$skiptoken=2");
        return {.body = page(3, 1)};
    }};
    ASSERT_TRUE(service.read(root + "/contacts?$skiptoken=2"));
    EXPECT_EQ(service.sink.rows.size(), 1U);
}

TEST(PagesOData, TheNextPageIsFetchedWhileOneIsHandedOver) {
    Service service{[&](const http::Request& request) -> Answer {
        const bool is_first = request.target.ends_with("contactid");
        return {.body = is_first ? page(1, 2, next(root + "/contacts?$skiptoken=2")) : page(3, 2)};
    }};
    service.sink.on_put = [&]() -> Result<void> {
        // Waits until the other page is on its way: for ever, if it weren't.
        while (service.client.count("skiptoken") == 0) std::this_thread::yield();
        return {};
    };
    ASSERT_TRUE(service.read());
    EXPECT_EQ(service.sink.rows.size(), 4U);
}

TEST(PagesOData, AFailingConsumerEndsTheReadWithItsError) {
    Service service{[&](const http::Request&) -> Answer {
        return {.body = page(1, 2, next(root + "/contacts?$skiptoken=2"))};
    }};
    service.sink.on_put = [] { return Result<void>{error(ErrorKind::cancelled, "given up")}; };
    EXPECT_EQ(service.read().error().message, "given up");
}

TEST(PagesOData, ALinkIsFollowedNowhereElse) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"https://evil.example/api/contacts", "https://evil.example"},
        {"http://acme.example/api/contacts", "acme.example"},
        {"https://acme.example:8443/api/contacts", "8443"},
        {"https://acme.example@evil.example/contacts", "failed"},
        {"https://acme.example/a b", "is no URL"}};
    for (const auto& [link, words] : cases) {
        Service service{[&](const http::Request&) -> Answer { return {.body = page(1, 2, next(link))}; }};
        const auto end = service.read();
        ASSERT_FALSE(end) << link;
        EXPECT_THAT(end.error().message, HasSubstr(words));
        EXPECT_EQ(service.client.requests().size(), 1U) << link;
        EXPECT_TRUE(service.sink.rows.empty());
    }
}

TEST(PagesOData, ALinkMayLeaveOutWhereItIs) {
    for (const std::string link : {"contacts?$skiptoken=2", "/api/contacts?$skiptoken=2"}) {
        Service service{[&](const http::Request& request) -> Answer {
            if (request.target.ends_with("skiptoken=2")) {
                EXPECT_EQ(request.target, root + "/contacts?$skiptoken=2");
                return {.body = page(3, 1)};
            }
            return {.body = page(1, 2, next(link))};
        }};
        ASSERT_TRUE(service.read()) << link;
    }
}

TEST(PagesOData, LinksInACircleEnd) {
    Service service{[&](const http::Request& request) -> Answer {
        const bool is_second = request.target.ends_with("=2");
        return {.body = page(1, 1, next(root + (is_second ? "/contacts?p=3" : "/contacts?p=2")))};
    }};
    const auto end = service.read();
    ASSERT_FALSE(end);
    EXPECT_THAT(end.error().message, HasSubstr("leads in a circle"));
    EXPECT_EQ(service.client.requests().size(), 3U);
}

TEST(PagesOData, AnEmptyPageMayStandBeforeOthers) {
    Service service{[&](const http::Request& request) -> Answer {
        return {.body =
                    request.target.ends_with("=2") ? page(1, 1) : page(0, 0, next(root + "/contacts?p=2"))};
    }};
    ASSERT_TRUE(service.read());
    EXPECT_EQ(service.sink.rows.size(), 1U);
}

TEST(PagesOData, TheRowLimitEndsTheReadWithoutAskingForMore) {
    Service service{[&](const http::Request& request) -> Answer {
        return {.body = page(request.target.ends_with("=2") ? 3 : 1, 2, next(root + "/contacts?p=2"))};
    }};
    service.request.row_limit = 2;
    ASSERT_TRUE(service.read());
    EXPECT_EQ(service.sink.rows.size(), 2U);
    EXPECT_EQ(service.client.requests().size(), 1U);
    service.sink.rows.clear();
    service.request.row_limit = 3;
    service.client.answer_with([&](const http::Request& request) -> Answer {
        return {.body = page(request.target.ends_with("=2") ? 3 : 1, 2, next(root + "/contacts?p=2"))};
    });
    ASSERT_TRUE(service.read());
    EXPECT_EQ(service.sink.rows.size(), 3U);
}

TEST(PagesOData, AFeedEndsWithItsMarkAndABreakAtItsEndKeepsIt) {
    Service service{[&](const http::Request&) -> Answer {
        return {.body =
                    page(1, 2, R"(,"@odata.deltaLink":"https://acme.example/api/contacts?$deltatoken=7")")};
    }};
    service.request.by_feed = true;
    const auto end = service.read();
    ASSERT_TRUE(end) << end.error().message;
    EXPECT_EQ(end->feed_mark, root + "/contacts?$deltatoken=7");
    EXPECT_EQ(Position::of(service.sink.resumes.front().position)->link, end->feed_mark);
    service.client.answer_with([](const http::Request&) -> Answer { return {.body = page(1, 2)}; });
    EXPECT_THAT(service.read().error().message, HasSubstr("without the mark"));
}

TEST(PagesOData, AnswersThatAreNoPagesAreToldInWords) {
    for (const auto& [body, words] :
         std::vector<std::pair<std::string, std::string>>{{"<html>", "web page"},
                                                          {"{", "no page of records"},
                                                          {R"({"value":[{}]})", "without the field"}}) {
        Service service{[&](const http::Request&) -> Answer { return {.body = body}; }};
        const auto end = service.read();
        ASSERT_FALSE(end);
        EXPECT_THAT(end.error().message, HasSubstr("reading contact"));
        EXPECT_THAT(end.error().message, HasSubstr(words));
    }
    Service service{[&](const http::Request&) -> Answer {
        return {.status = 400,
                .body = R"({"error":{"code":"0x80060888","message":"Syntax error at position 3"}})"};
    }};
    EXPECT_THAT(service.read().error().message, HasSubstr("Syntax error at position 3"));
}

TEST(PagesOData, APageBeyondTheBoundIsGivenUp) {
    Service service{[&](const http::Request&) -> Answer { return {.body = std::string(1'000'001, ' ')}; }};
    EXPECT_THAT(service.read().error().message, HasSubstr("more than 1000000 bytes"));
}

TEST(PagesOData, PreferencesSayHowMuchAPageHolds) {
    EXPECT_EQ(prefer({.page_rows = 500}), "odata.maxpagesize=500");
    EXPECT_EQ(prefer({.page_rows = 5, .annotations = "x.y", .is_feed = true}),
              "odata.track-changes,odata.maxpagesize=5,odata.include-annotations=\"x.y\"");
}

}  // namespace
}  // namespace koppla::odata
