#include "sandbox/salesforce/locks.h"

#include "sandbox/salesforce/ingest/fixture.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class LocksTest : public IngestTest {
  protected:
    void enable(json more = json::object()) {
        more["enabled"] = true;
        EXPECT_EQ(ask_bare("POST", "/sandbox/locks", more.dump()).status, 200);
    }
    json figures() { return read_body(ask_bare("GET", "/sandbox/locks")); }
    std::vector<std::string> accounts(std::size_t count) {
        std::vector<std::string> ids;
        for (const auto& record : records("SELECT Id FROM Account LIMIT " + std::to_string(count)))
            ids.push_back(record["Id"]);
        return ids;
    }
    /// Children of these accounts: of one after the other, or in turn.
    static std::string children(const std::vector<std::string>& parents, std::size_t rows, bool sorted) {
        std::string data = "LastName,AccountId\n";
        for (std::size_t i = 0; i < rows; ++i) {
            const auto parent = sorted ? i * parents.size() / rows : i % parents.size();
            data += "Child " + std::to_string(i) + "," + parents[parent] + "\n";
        }
        return data;
    }
};

TEST_F(LocksTest, AreOffUntilTheyAreSet) {
    done("insert", "Contact", children(accounts(2), 1'000, false));
    EXPECT_EQ(last()["numberRecordsFailed"], 0);
    EXPECT_EQ(figures()["served"], 0);
}

TEST_F(LocksTest, RefuseChildrenOfOneParentInBatchesSideBySide) {
    enable({{"batch_rows", 400}, {"share", 0.5}});
    const auto parents = accounts(4);
    const auto job = done("insert", "Contact", children(parents, 2'000, false));
    const auto naive = last()["numberRecordsFailed"].get<std::int64_t>();
    EXPECT_GT(naive, 500);
    EXPECT_LT(naive, 2'000) << "four other batches hold a parent fifteen times in sixteen";
    EXPECT_EQ(figures()["served_bulk"], naive);
    EXPECT_THAT(failed(job),
                HasSubstr("UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or "));
    EXPECT_THAT(failed(job), HasSubstr(" records: " + parents.front() + ":--\""));
    EXPECT_EQ(lines(successful(job)) + lines(failed(job)), 2'002);
}

TEST_F(LocksTest, SpareWhoSortsByParent) {
    enable({{"batch_rows", 500}, {"share", 1}});
    done("insert", "Contact", children(accounts(4), 2'000, true));
    EXPECT_EQ(last()["numberRecordsFailed"], 0);
    EXPECT_EQ(figures()["served"], 0);
}

TEST_F(LocksTest, KnowParentsByTheirKeysToo) {
    send("POST", "/sobjects/Account", {{"Name", "Keyed"}, {"ExtKey__c", "K1"}}, 201);
    enable({{"batch_rows", 200}, {"share", 1}});
    std::string data = "LastName,Account.ExtKey__c\n";
    for (int i = 0; i < 400; ++i) data += "x,K1\n";
    const auto job = done("insert", "Contact", data);
    EXPECT_EQ(last()["numberRecordsFailed"], 400);
    EXPECT_THAT(failed(job), HasSubstr("or 200 records: K1:--"));
}

TEST_F(LocksTest, CountWhoElseWorksOnAParent) {
    Locks locks;
    locks.set({.mode = LockSettings::Mode::on, .share = 1});
    const Locks::Held one{locks, {{"AccountId=a", 1}}};
    EXPECT_FALSE(locks.is_taken("AccountId=a", 1)) << "nobody else";
    {
        const Locks::Held other{locks, {{"AccountId=a", 1}, {"AccountId=b", 2}}};
        EXPECT_TRUE(locks.is_taken("AccountId=a", 1));
        EXPECT_TRUE(locks.is_taken("AccountId=b", 1));
    }
    EXPECT_FALSE(locks.is_taken("AccountId=a", 1));
    EXPECT_FALSE(locks.is_taken("AccountId=b", 1));
}

TEST_F(LocksTest, GrowWithTheOthersAndStayTheSameForASeed) {
    const auto taken = [](std::int64_t others, std::uint64_t seed) {
        Locks locks;
        locks.set({.mode = LockSettings::Mode::on, .seed = seed, .share = 0.2});
        const Locks::Held held{locks, {{"p", others + 1}}};
        std::vector<bool> draws;
        for (std::uint64_t draw = 0; draw < 1'000; ++draw) draws.push_back(locks.is_taken("p", draw));
        return draws;
    };
    const auto count = [](const std::vector<bool>& draws) {
        return std::count(draws.begin(), draws.end(), true);
    };
    EXPECT_NEAR(static_cast<double>(count(taken(1, 1))), 200, 60);
    EXPECT_NEAR(static_cast<double>(count(taken(4, 1))), 590, 60);
    EXPECT_EQ(taken(2, 7), taken(2, 7));
    EXPECT_NE(taken(2, 7), taken(2, 8));
}

TEST_F(LocksTest, RefuseRowsOfRequestsWhileOthersWorkOnTheirParents) {
    enable({{"share", 1}});
    const auto parents = accounts(2);
    const Locks::Held other{services_->locks, {{"AccountId=" + parents[0], 1}}};
    json list = json::array();
    for (const auto& parent : {parents[0], parents[1], parents[0]})
        list.push_back(
            {{"attributes", {{"type", "Contact"}}}, {"LastName", "Locked"}, {"AccountId", parent}});
    const auto results = send("POST", "/composite/sobjects", {{"records", list}}, 200);
    EXPECT_EQ(results[0]["errors"][0]["statusCode"], "UNABLE_TO_LOCK_ROW");
    EXPECT_EQ(results[1]["success"], true);
    EXPECT_EQ(results[2]["success"], false);
    const auto single =
        send("POST", "/sobjects/Contact", {{"LastName", "x"}, {"AccountId", parents[0]}}, 400);
    EXPECT_EQ(single[0]["errorCode"], "UNABLE_TO_LOCK_ROW");
    EXPECT_EQ(figures()["served_requests"], 3);
}

TEST_F(LocksTest, WantSensibleSettings) {
    for (const auto* bad : {R"({"share":2})", R"({"share":"x"})", R"({"chunk_rows":0})",
                            R"({"chunk_rows":100,"batch_rows":10})", "[]"})
        EXPECT_EQ(ask_bare("POST", "/sandbox/locks", bad).status, 400) << bad;
}

}  // namespace
}  // namespace koppla::sandbox
