#pragma once

#include "base/test/temporary_folder.h"
#include "db/postgres/postgres_database.h"
#include "db/sqlite/sqlite_database.h"
#include "db/test/on_database.h"

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace koppla::db {

/// For tests: an empty database of one kind, which goes with the test. PostgreSQL's is a schema of its own on
/// the server that the file KOPPLA_TEST_POSTGRES tells of: its address, and on the next line the password.
class AnyDatabase {
  public:
    explicit AnyDatabase(std::string kind) : kind_{std::move(kind)} {
        if (!is_postgres()) return;
        static std::atomic<int> number = 0;
        schema_ = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++number);
    }
    ~AnyDatabase() {
        if (!is_postgres() || !is_made_) return;
        const auto dropping = open();
        if (!dropping) return;
        auto transaction = dropping->begin(Access::write_own, {});
        if (transaction && (*transaction)->execute("drop schema " + schema_ + " cascade"))
            (void)(*transaction)->commit();
    }
    AnyDatabase(const AnyDatabase&) = delete;
    AnyDatabase& operator=(const AnyDatabase&) = delete;

    [[nodiscard]] bool is_postgres() const { return kind_ == "postgres"; }
    /// What messages name it by.
    [[nodiscard]] std::string place() const {
        return is_postgres() ? schema_ : (folder_ / "store.db").string();
    }
    [[nodiscard]] static bool has_server() { return std::getenv("KOPPLA_TEST_POSTGRES") != nullptr; }

    std::unique_ptr<Database> open() {
        auto opened = is_postgres() ? open_postgres(options(), {})
                                    : open_sqlite({.path = folder_ / "store.db",
                                                   .create = SqliteOptions::Create::if_missing,
                                                   .open_wait = std::chrono::milliseconds{100}});
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
        is_made_ = true;
        return opened ? std::move(*opened) : nullptr;
    }
    [[nodiscard]] PostgresOptions options() const {
        std::ifstream file{std::getenv("KOPPLA_TEST_POSTGRES")};
        std::string address, password;
        std::getline(file, address);
        std::getline(file, password);
        auto parsed = parse_postgres_address(address);
        EXPECT_TRUE(parsed) << "KOPPLA_TEST_POSTGRES names no running server";
        if (!parsed) return {};
        parsed->schema = schema_;
        return {
            .address = *parsed, .password = Secret{password}, .create = PostgresOptions::Create::if_missing};
    }

  private:
    std::string kind_, schema_;
    TemporaryFolder folder_;
    bool is_made_ = false;
};

/// A test of what every database has to do, run on each kind.
class DatabaseTest : public OnDatabase, public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        if (any.is_postgres() && !AnyDatabase::has_server())
            GTEST_SKIP() << "no server: ctest starts one, or see tests/kit/postgres.py";
        database = any.open();
        ASSERT_TRUE(database);
    }
    ~DatabaseTest() override { database.reset(); }  // before its place goes

    AnyDatabase any{GetParam()};
};

inline auto every_database() {
    return testing::Values("sqlite", "postgres");
}

inline std::string name_of(const testing::TestParamInfo<std::string>& info) {
    return info.param;
}

}  // namespace koppla::db
