#pragma once

#include "db/test/on_database.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koppla::db {

/// For tests of rows on their way to a merge.
template <class Fixture>
class Staged : public Fixture {
  protected:
    static std::vector<LoaderColumn> columns() {
        return {{.name = "id", .type = {.kind = model::Kind::identifier}},
                {.name = "n", .type = {.kind = model::Kind::integer}}};
    }
    std::unique_ptr<Staging> stage(std::string_view name) {
        auto begun = this->database->begin_staging(name, columns());
        EXPECT_TRUE(begun) << (begun ? "" : begun.error().message);
        return begun ? std::move(*begun) : nullptr;
    }
    static void append(Staging& staging, int rows) {
        model::Batch batch;
        batch.recycle(2);
        for (int i = 0; i < rows; ++i) {
            const auto row = batch.add_row();
            batch.replace(0, row, "id" + std::to_string(i));
            batch.replace(1, row, std::to_string(i));
        }
        const auto appended = staging.append(batch);
        ASSERT_TRUE(appended) << appended.error().message;
    }
};

/// For tests of a loader: a table with a column of every kind.
template <class Fixture>
class OfEveryKind : public Fixture {
  protected:
    static std::vector<LoaderColumn> columns() {
        using model::Kind;
        return {{.name = "flag", .type = {.kind = Kind::boolean}},
                {.name = "whole", .type = {.kind = Kind::integer}},
                {.name = "number", .type = {.kind = Kind::decimal, .precision = 15, .scale = 2}},
                {.name = "wide", .type = {.kind = Kind::decimal, .precision = 18, .scale = 2}},
                {.name = "text", .type = {.kind = Kind::text}},
                {.name = "day", .type = {.kind = Kind::date}},
                {.name = "instant", .type = {.kind = Kind::instant}},
                {.name = "wall", .type = {.kind = Kind::wall_clock}}};
    }
    void make_table() {
        const Dialect& dialect = this->database->dialect();
        std::string sql;
        for (const auto& column : columns()) {
            sql += (sql.empty() ? "create table t (" : ", ") + dialect.quoted(column.name) + " " +
                   dialect.column_type(column.type);
        }
        this->run(sql + ")");
    }
    /// Loads one row, the other cells null; the error's message, or empty.
    std::string load(std::size_t column, std::string_view text) {
        auto transaction = this->begin(Access::write);
        auto loader = *transaction->loader("t", columns());
        model::Batch batch;
        batch.recycle(columns().size());
        batch.add_row();
        batch.cell(column, 0) = model::Cell::of(text);
        const auto appended = loader->append(batch);
        if (!appended) {
            EXPECT_EQ(appended.error().kind, ErrorKind::invalid);
            return appended.error().message;
        }
        EXPECT_TRUE(loader->finish());
        loader.reset();
        EXPECT_TRUE(transaction->commit());
        return {};
    }
};

}  // namespace koppla::db
