#include "sandbox/fixture.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;

class ReplicationTest : public SandboxTest {
  protected:
    static std::string span(std::string_view kind, std::string_view start, std::string_view end) {
        return "/sobjects/Contact/" + std::string{kind} + "/?start=" + http::percent_encode(start) +
               "&end=" + http::percent_encode(end);
    }
    json refused(const std::string& path) { return get(path, 400)[0]["errorCode"]; }
};

TEST_F(ReplicationTest, ListsWhatWasChangedInWholeMinutes) {
    clock_.advance(std::chrono::seconds{150});
    const auto id = new_contact("Changed");
    clock_.advance(std::chrono::minutes{10});
    const auto found = get(span("updated", "2026-11-01T10:02:59Z", "2026-11-01T10:06:30Z"));
    EXPECT_EQ(found["ids"], json::array({id}));
    EXPECT_EQ(found["latestDateCovered"], "2026-11-01T10:06:00.000+0000");
    EXPECT_EQ(get(span("updated", "2026-11-01T10:03:00Z", "2026-11-01T10:06:30Z"))["ids"], json::array());
    EXPECT_EQ(get(span("updated", "2026-11-01T12:00:00+02:00", "2026-11-01T23:00:00Z"))["latestDateCovered"],
              "2026-11-01T10:12:00.000+0000");
}

TEST_F(ReplicationTest, ListsWhatWasDeleted) {
    const auto id = new_contact("Deleted");
    clock_.advance(std::chrono::minutes{5});
    ask("DELETE", std::string{test_base} + "/sobjects/Contact/" + id);
    clock_.advance(std::chrono::minutes{5});
    const auto found = get(span("deleted", "2026-11-01T10:00:00Z", "2026-11-01T10:10:00Z"));
    EXPECT_EQ(found["deletedRecords"],
              json::array({{{"id", id}, {"deletedDate", "2026-11-01T10:05:00.000+0000"}}}));
    EXPECT_EQ(found["earliestDateAvailable"], "2026-10-17T10:10:00.000+0000");
    EXPECT_FALSE(get(span("updated", "2026-11-01T10:01:00Z", "2026-11-01T10:10:00Z"))["ids"].size() > 0);
}

TEST_F(ReplicationTest, TakesTheDateThatItNamesAsTheEarliest) {
    clock_.advance(std::chrono::seconds{30});
    const auto earliest =
        get(span("deleted", "2026-10-20T00:00:00Z", "2026-11-01T10:00:00Z"))["earliestDateAvailable"];
    EXPECT_EQ(earliest, "2026-10-17T10:00:00.000+0000");
    get(span("deleted", earliest.get<std::string>(), "2026-11-01T10:00:00Z"));
    get(span("updated", "2026-10-02T10:00:00Z", "2026-11-01T10:00:00Z"));
    EXPECT_EQ(refused(span("deleted", "2026-10-17T09:59:59Z", "2026-11-01T10:00:00Z")),
              "INVALID_REPLICATION_DATE");
}

TEST_F(ReplicationTest, CoversNoMoreThanCanBeSeen) {
    ask_bare("POST", "/sandbox/late", R"({"max_ms":3600000,"seed":1})");
    clock_.advance(std::chrono::minutes{3});
    new_contact("Late");
    clock_.advance(std::chrono::minutes{4});
    EXPECT_EQ(get(span("updated", "2026-11-01T10:00:00Z", "2026-11-01T10:07:00Z"))["latestDateCovered"],
              "2026-11-01T10:03:00.000+0000");
}

TEST_F(ReplicationTest, RefusesSpansThatItDoesNotKeep) {
    EXPECT_EQ(refused(span("updated", "2026-11-01T10:00:00Z", "2026-11-01T10:01:30Z")),
              "INVALID_REPLICATION_DATE");
    EXPECT_EQ(refused(span("deleted", "2026-10-17T09:00:00Z", "2026-11-01T10:00:00Z")),
              "INVALID_REPLICATION_DATE");
    get(span("updated", "2026-10-17T09:00:00Z", "2026-11-01T10:00:00Z"));
    EXPECT_EQ(refused(span("updated", "2026-10-01T10:00:00Z", "2026-11-01T10:00:00Z")),
              "INVALID_REPLICATION_DATE");
    EXPECT_EQ(refused(span("updated", "2026-12-01T10:00:00Z", "2026-12-02T10:00:00Z")),
              "INVALID_REPLICATION_DATE");
    EXPECT_EQ(refused(span("updated", "soon", "later")), "INVALID_REPLICATION_DATE");
    EXPECT_EQ(refused("/sobjects/Contact/updated"), "MISSING_ARGUMENT");
    get("/sobjects/Nothing/updated?start=2026-11-01T10:00:00Z&end=2026-11-01T10:05:00Z", 404);
}

}  // namespace
}  // namespace koppla::sandbox
