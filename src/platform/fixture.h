#pragma once

#include "base/test/temporary_folder.h"
#include "platform/store.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace koppla {

/// For tests: a store in a folder of its own that goes with the test.
class StoreTest : public testing::Test {
  protected:
    StoreTest() {
        auto created = Store::create(location(), {}, {});
        EXPECT_TRUE(created) << (created ? "" : created.error().message);
        if (created) store = std::move(*created);
    }

    [[nodiscard]] std::filesystem::path path() const { return folder / "koppla.db"; }
    [[nodiscard]] std::string location() const { return "sqlite:" + path().string(); }
    [[nodiscard]] std::unique_ptr<db::Transaction> begin(db::Access access) const {
        auto begun = store->database().begin(access, {});
        EXPECT_TRUE(begun) << (begun ? "" : begun.error().message);
        return begun ? std::move(*begun) : nullptr;
    }

    TemporaryFolder folder;
    std::unique_ptr<Store> store;
};

}  // namespace koppla
