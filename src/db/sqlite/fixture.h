#pragma once

#include "base/test/temporary_folder.h"
#include "db/sqlite/sqlite_database.h"
#include "db/test/on_database.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace koppla::db {

/// For tests: a database in a folder of its own that goes with the test.
class SqliteTest : public OnDatabase, public testing::Test {
  protected:
    SqliteTest() { database = open(SqliteOptions::Create::fresh); }
    ~SqliteTest() override { database.reset(); }  // before its folder goes

    [[nodiscard]] std::filesystem::path path() const { return folder / "store.db"; }

    std::unique_ptr<Database> open(SqliteOptions::Create create) {
        auto opened =
            open_sqlite({.path = path(), .create = create, .open_wait = std::chrono::milliseconds{100}});
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
        return opened ? std::move(*opened) : nullptr;
    }

    TemporaryFolder folder;
};

}  // namespace koppla::db
