#pragma once

#include "db/database.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace koppla::db {

/// For tests: what is done with a database, whichever it is.
class OnDatabase {
  protected:
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
            for (int i = 0; i < (*cursor)->column_count(); ++i)
                result.emplace_back((*cursor)->is_null(i) ? "NULL" : (*cursor)->text(i));
        }
        return result;
    }
    std::vector<std::string> cells(std::string_view sql) { return cells(*begin(Access::read), sql); }

    std::unique_ptr<Database> database;
};

/// Names that are no plain words, which every database takes.
inline std::vector<std::string> hostile_names() {
    return {"plain", "select", "with space", "a\"b",      "\"\"",        "x\"; drop table t; --",    "a;b",
            "it's",  "[x]",    "`x`",        "tab\there", "line\nbreak", "\xC3\xBC\xF0\x9F\x98\x80", "$1"};
}

}  // namespace koppla::db
