#pragma once

#include "db/migrations.h"

#include <span>

namespace koppla {

/// The numbered .sql files of this folder, embedded when the program is built.
std::span<const db::Migration> store_migrations();

}  // namespace koppla
