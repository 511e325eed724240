#pragma once
struct PersistentLayout {};
