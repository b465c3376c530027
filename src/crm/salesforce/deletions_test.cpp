#include "crm/salesforce/deletions.h"

#include "crm/salesforce/test/writing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace koppla::salesforce {
namespace {

using nlohmann::json;
using test::Answer;
using test::Org;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string log = "/services/data/v68.0/sobjects/Contact/deleted/?";

class Texts final : public DeletionSink {
  public:
    Result<void> put(std::span<const Deletion> deletions) override {
        for (const Deletion& each : deletions) {
            std::string text = fmt::format("{} {}", each.id, each.at ? format_instant(*each.at) : "?");
            if (!each.merged_into.empty()) text += fmt::format(" into {}", each.merged_into);
            rows.push_back(std::move(text));
        }
        return {};
    }
    std::vector<std::string> rows;
};

Instant at(std::string_view text) {
    return parse_instant(text).value();
}

/// The window that was asked for, "10:00 10:30", or empty for another question.
std::string window_of(const http::Request& asked) {
    const auto begin = asked.target.find(log);
    if (begin == std::string::npos) return {};
    const std::string query = asked.target.substr(begin + log.size());
    return http::form_value(query, "start").value_or("?") + " " +
           http::form_value(query, "end").value_or("?");
}

std::string answer(const json& records, const std::string& latest,
                   const std::string& earliest = "2026-10-17T00:00:00.000+0000") {
    return json{
        {"deletedRecords", records}, {"earliestDateAvailable", earliest}, {"latestDateCovered", latest}}
        .dump();
}

json record(const std::string& id, const std::string& date) {
    return {{"id", id}, {"deletedDate", date}};
}

TEST(Deletions, APeriodIsAskedForInWholeMinutesAndWhatLiesOutsideIsLeftOut) {
    std::vector<std::string> windows;
    Org org{test::with_login([&](const http::Request& asked) -> Answer {
        windows.push_back(window_of(asked));
        EXPECT_THAT(asked.target, HasSubstr("start=2026-11-01T09%3A00%3A00Z&end=2026-11-01T09%3A31%3A00Z"));
        return {.body = answer({record("003xx000003DGb1", "2026-11-01T09:00:29.000+0000"),
                                record("003xx000003DGb2", "2026-11-01T09:00:30.000+0000"),
                                record("003xx000003DGb3AAG", "2026-11-01T09:30:10.000+0000"),
                                record("003xx000003DGb4AAG", "2026-11-01T09:30:11.000+0000")},
                               "2026-11-01T09:31:00.000+0000")};
    })};
    Texts texts;
    const auto covered = org.connector->deletions(test::writable_contact(), at("2026-11-01T09:00:30Z"),
                                                  at("2026-11-01T09:30:10Z"), texts, org.call);
    ASSERT_TRUE(covered) << covered.error().message;
    EXPECT_EQ(*covered, at("2026-11-01T09:30:10Z"));
    EXPECT_THAT(texts.rows, ElementsAre("003xx000003DGb2AAG 2026-11-01T09:00:30.000Z",
                                        "003xx000003DGb3AAG 2026-11-01T09:30:10.000Z"));
    EXPECT_EQ(windows.size(), 1U);
}

TEST(Deletions, APeriodThatEndsWithAMinuteIncludesItsEnd) {
    Org org{test::with_login([&](const http::Request& asked) -> Answer {
        EXPECT_EQ(window_of(asked), "2026-11-01T09:00:00Z 2026-11-01T09:31:00Z");
        return {.body = answer({record("003xx000003DGb1AAG", "2026-11-01T09:30:00.000+0000"),
                                record("003xx000003DGb2AAG", "2026-11-01T09:30:01.000+0000")},
                               "2026-11-01T09:31:00.000+0000")};
    })};
    Texts texts;
    EXPECT_EQ(org.connector
                  ->deletions(test::writable_contact(), at("2026-11-01T09:00:00Z"),
                              at("2026-11-01T09:30:00Z"), texts, org.call)
                  .value(),
              at("2026-11-01T09:30:00Z"));
    EXPECT_THAT(texts.rows, ElementsAre("003xx000003DGb1AAG 2026-11-01T09:30:00.000Z"));
}

TEST(Deletions, AnInstantIsAWindowOfTwoMinutes) {
    Org org{test::with_login([&](const http::Request& asked) -> Answer {
        EXPECT_EQ(window_of(asked), "2026-11-01T09:00:00Z 2026-11-01T09:02:00Z");
        return {.body = answer(json::array(), "2026-11-01T09:02:00.000+0000")};
    })};
    Texts texts;
    const Instant now = at("2026-11-01T09:00:10Z");
    EXPECT_EQ(org.connector->deletions(test::writable_contact(), now, now, texts, org.call).value(), now);
    EXPECT_FALSE(org.connector->deletions(test::writable_contact(), now, now - std::chrono::minutes{1}, texts,
                                          org.call));
}

TEST(Deletions, ALongTransactionHoldsTheAnswerBack) {
    Org org{test::with_login([&](const http::Request&) -> Answer {
        return {.body = answer(json::array(), "2026-11-01T09:10:00.000+0000")};
    })};
    Texts texts;
    EXPECT_EQ(org.connector
                  ->deletions(test::writable_contact(), at("2026-11-01T09:00:00Z"),
                              at("2026-11-01T09:30:00Z"), texts, org.call)
                  .value(),
              at("2026-11-01T09:10:00Z"));
}

TEST(Deletions, APeriodWithTooManyIsHalvedAndNoneIsToldTwice) {
    std::vector<std::string> windows;
    Org org{test::with_login([&](const http::Request& asked) -> Answer {
        windows.push_back(window_of(asked));
        const auto space = windows.back().find(' ');
        const Instant begin = at(windows.back().substr(0, space));
        const Instant end = at(windows.back().substr(space + 1));
        if (end - begin > std::chrono::minutes{6})
            return {.status = 400, .body = R"([{"errorCode":"EXCEEDED_ID_LIMIT","message":"too many"}])"};
        json records = json::array();
        for (Instant each = begin; each <= end; each += std::chrono::minutes{1})
            records.push_back(record("003xx000003DGb1AAG", format_instant(each)));
        return {.body = answer(records, format_instant(end))};
    })};
    Texts texts;
    const auto covered = org.connector->deletions(test::writable_contact(), at("2026-11-01T09:00:00Z"),
                                                  at("2026-11-01T09:20:00Z"), texts, org.call);
    ASSERT_TRUE(covered) << covered.error().message;
    EXPECT_EQ(*covered, at("2026-11-01T09:20:00Z"));
    EXPECT_EQ(texts.rows.size(), 21U);
    EXPECT_THAT(
        windows,
        ElementsAre("2026-11-01T09:00:00Z 2026-11-01T09:21:00Z", "2026-11-01T09:00:00Z 2026-11-01T09:10:00Z",
                    "2026-11-01T09:00:00Z 2026-11-01T09:05:00Z", "2026-11-01T09:05:00Z 2026-11-01T09:10:00Z",
                    "2026-11-01T09:10:00Z 2026-11-01T09:15:00Z",
                    "2026-11-01T09:15:00Z 2026-11-01T09:21:00Z"));

    Org full{test::with_login([&](const http::Request&) -> Answer {
        return {.status = 400, .body = R"([{"errorCode":"EXCEEDED_ID_LIMIT","message":"too many"}])"};
    })};
    const auto refused = full.connector->deletions(test::writable_contact(), at("2026-11-01T09:00:00Z"),
                                                   at("2026-11-01T09:20:00Z"), texts, full.call);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().symbol, "EXCEEDED_ID_LIMIT");
    EXPECT_LE(full.client.requests().size(), 10U);
}

TEST(Deletions, WhatSalesforceForgotIsExpiredWithWhatItStillKnows) {
    Org org{test::with_login([&](const http::Request& asked) -> Answer {
        if (window_of(asked) == "2026-11-01T09:58:00Z 2026-11-01T10:00:00Z")
            return {.body = answer(json::array(), "2026-11-01T10:00:00.000+0000")};
        return {.status = 400, .body = R"([{"errorCode":"INVALID_REPLICATION_DATE","message":"too early"}])"};
    })};
    Texts texts;
    const auto refused = org.connector->deletions(test::writable_contact(), at("2026-10-01T00:00:00Z"),
                                                  at("2026-11-01T09:20:00Z"), texts, org.call);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::expired);
    EXPECT_THAT(refused.error().message, HasSubstr("from 2026-10-17T00:00:00.000Z on"));

    Org trimmed{test::with_login([&](const http::Request&) -> Answer {
        return {.body = answer(json::array({record("003xx000003DGb1AAG", "2026-11-01T09:10:00Z")}),
                               "2026-11-01T09:20:00.000+0000", "2026-11-01T09:05:00.000+0000")};
    })};
    const auto late = trimmed.connector->deletions(test::writable_contact(), at("2026-11-01T09:00:00Z"),
                                                   at("2026-11-01T09:20:00Z"), texts, trimmed.call);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().kind, ErrorKind::expired);
    EXPECT_TRUE(texts.rows.empty());
}

TEST(Deletions, OfMergedRecordsTheOneThatLivesOnIsTold) {
    model::ObjectSchema contact = test::writable_contact();
    contact.fields.push_back({.name = "MasterRecordId", .type = {.kind = model::Kind::reference}});
    int queries = 0;
    Org org{test::with_login([&](const http::Request& asked) -> Answer {
        if (!window_of(asked).empty()) {
            return {.body = answer({record("003xx000003DGb1AAG", "2026-11-01T09:10:00Z"),
                                    record("003xx000003DGb2AAG", "2026-11-01T09:11:00Z"),
                                    record("003xx000003DGb3AAG", "2026-11-01T09:12:00Z")},
                                   "2026-11-01T09:20:00.000+0000")};
        }
        ++queries;
        EXPECT_THAT(asked.target, HasSubstr("/queryAll?q="));
        EXPECT_THAT(test::statement_of(asked), HasSubstr("SELECT Id,MasterRecordId FROM Contact WHERE"));
        EXPECT_THAT(test::statement_of(asked), HasSubstr("MasterRecordId != null AND IsDeleted = true"));
        EXPECT_THAT(test::statement_of(asked), HasSubstr("SystemModstamp >= 2026-11-01T09:00:00.000Z"));
        return {.body = json{{"totalSize", 2},
                             {"done", true},
                             {"records",
                              {{{"Id", "003xx000003DGb1AAG"}, {"MasterRecordId", "003xx000003DGb2AAG"}},
                               {{"Id", "003xx000003DGb2AAG"}, {"MasterRecordId", "003xx000003DGb9AAG"}}}}}
                            .dump()};
    })};
    Texts texts;
    const auto covered = org.connector->deletions(contact, at("2026-11-01T09:00:00Z"),
                                                  at("2026-11-01T09:20:00Z"), texts, org.call);
    ASSERT_TRUE(covered) << covered.error().message;
    EXPECT_EQ(queries, 1);
    EXPECT_THAT(texts.rows, ElementsAre("003xx000003DGb1AAG 2026-11-01T09:10:00.000Z into 003xx000003DGb9AAG",
                                        "003xx000003DGb2AAG 2026-11-01T09:11:00.000Z into 003xx000003DGb9AAG",
                                        "003xx000003DGb3AAG 2026-11-01T09:12:00.000Z"));
}

TEST(Deletions, AnswersThatTellNothingAreCorrupt) {
    for (
        const std::string body :
        {"", "{}", "[]", R"({"deletedRecords":[]})", R"({"deletedRecords":7,"latestDateCovered":"x"})",
         R"({"deletedRecords":[],"latestDateCovered":"soon"})",
         R"({"deletedRecords":[{"id":"../x"}],"latestDateCovered":"2026-11-01T09:20:00Z"})",
         R"({"deletedRecords":[{"deletedDate":"2026-11-01T09:20:00Z"}],"latestDateCovered":"2026-11-01T09:20:00Z"})"}) {
        Org org{test::with_login([&](const http::Request&) -> Answer { return {.body = body}; })};
        Texts texts;
        const auto refused = org.connector->deletions(test::writable_contact(), at("2026-11-01T09:00:00Z"),
                                                      at("2026-11-01T09:20:00Z"), texts, org.call);
        ASSERT_FALSE(refused) << body;
        EXPECT_EQ(refused.error().kind, ErrorKind::corrupt) << body;
        EXPECT_TRUE(texts.rows.empty());
    }
}

}  // namespace
}  // namespace koppla::salesforce
