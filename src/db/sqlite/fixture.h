#pragma once

#include "base/test/temporary_folder.h"
#include "db/sqlite/sqlite_database.h"

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::db {

/// For tests: a database in a folder of its own that goes with the test.
class SqliteTest : public testing::Test {
  protected:
    SqliteTest() { database = open(SqliteOptions::Create::fresh); }

    [[nodiscard]] std::filesystem::path path() const { return folder / "store.db"; }

    std::unique_ptr<Database> open(SqliteOptions::Create create) {
        auto opened =
            open_sqlite({.path = path(), .create = create, .open_wait = std::chrono::milliseconds{100}});
        EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
        return opened ? std::move(*opened) : nullptr;
    }
    std::unique_ptr<Transaction> begin(Access access) {
        auto begun = database->begin(access, {});
        EXPECT_TRUE(begun) << (begun ? "" : begun.error().message);
        return begun ? std::move(*begun) : nullptr;
    }
    /// Runs statements in a transaction of their own.
    void run(std::string_view sql) {
        auto transaction = begin(Access::write);
        const auto done = transaction->execute(sql);
        ASSERT_TRUE(done) << done.error().message;
        ASSERT_TRUE(transaction->commit());
    }
    /// All cells as text, "NULL" for null, rows one behind the other.
    static std::vector<std::string> cells(Transaction& transaction, std::string_view sql) {
        std::vector<std::string> result;
        auto cursor = transaction.query(sql);
        EXPECT_TRUE(cursor) << (cursor ? "" : cursor.error().message);
        while (cursor) {
            const auto row = (*cursor)->next();
            EXPECT_TRUE(row) << (row ? "" : row.error().message);
            if (!row || !*row) break;
            for (int i = 0; i < (*cursor)->column_count(); ++i) {
                result.emplace_back((*cursor)->is_null(i) ? "NULL" : (*cursor)->text(i));
            }
        }
        return result;
    }
    std::vector<std::string> cells(std::string_view sql) { return cells(*begin(Access::read), sql); }

    TemporaryFolder folder;
    std::unique_ptr<Database> database;
};

}  // namespace koppla::db
