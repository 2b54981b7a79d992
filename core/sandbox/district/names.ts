/** Words of which the fictional district is made; varied in script, length and punctuation on purpose. */

function list(words: string): readonly string[] {
  return words.trim().split(/,\s+/);
}

export const GIVEN_NAMES = list(`
  Maria, James, Aaliyah, José, Chloë, D’Andre, Ja'Nae, Anne-Marie, Nguyễn Anh, Siobhán, Björn, Zoë, Łukasz,
  Øyvind, Ñusta, Kaʻiulani, Thanh Hương, Mei-Ling, Olena, Дмитро, Ольга, Αλέξανδρος, Ελένη, 美咲, 小龍, 지훈, محمد,
  فاطمة, נועה, Xóchitl, Ana Sofía, Bo, Wilhelmina Alexandrina, Jo, Priya, Arjun, Fatoumata, Kwame, Ifeoma,
  Tomáš, Jürgen, Françoise, Gaëlle, Noël, Renée, Ángel, Iñigo, Joaquín, Ximena, Mateo, Liam, Olivia, Noah,
  Emma, Ethan, Ava, Mason, Sophia, Logan, Isabella, Lucas, Mia, Jackson, Harper, Aiden, Evelyn, Elijah,
  Abigail, Grayson, Ella, Carter, Scarlett, Owen, Grace, Wyatt, Lily, Caleb, Nora, Hunter, Hazel
`);

export const FAMILY_NAMES = list(`
  Smith, Johnson, García, Martínez, O’Brien, O'Neil, Nguyễn, Trần, Müller, Schröder, Van der Berg,
  de la Cruz, St. John, Smith-Jones, Fernández-Ortiz, Kowalski, Wiśniewska, Dvořák, Šimić, Çelik, Yılmaz,
  Åkesson, Sørensen, Peña, Núñez, Núñez de Arce y Valenzuela, Ng, Li, Wu, Ōtani, Kealoha, Keliʻi, Шевченко,
  Коваленко, Παπαδόπουλος, 王, 田中, 김, الحسن, כהן, Begay, Yazzie, Tso, Redbird, Okafor, Adeyemi, Mensah,
  Diallo, Hussein, Abdi, Patel, Singh, Krishnamurthy-Venkataraman, Williams, Brown, Jones, Miller, Davis,
  Wilson, Anderson, Taylor, Thomas, Moore, Jackson, Martin, Lee, Thompson, White, Harris, Clark, Lewis,
  Robinson, Walker, Young, Allen, King, Wright, Scott, Torres, Hill
`);

/** Letters that are alike in every alphabet's exports; for corrections of a name. */
export const CORRECTED_NAMES = list(`
  Rosalía, Theo, Marguerite, Dana, Ruairí, Linh, Imani, Casimir
`);

export const PLACES = list(`
  Cedar Hollow, Larkspur, Juniper Ridge, Willow Bend, Copper Canyon, Prairie Star, Blue Heron, Stonegate,
  Mesquite Springs, Riverbend, Sandhill, Pecan Grove, Fox Hollow, Amber Fields, Lone Oak, Silver Creek,
  Sagebrush, Maple Terrace, Canyon View, Meadowlark, Bluebonnet, Granite Pass, Whispering Pines, Red Mesa,
  Harvest Moon, Quail Run, Windmill, Bayou Vista, Palo Verde, Cottonwood, Hawk Hill, Clearwater,
  Pine Barrens, Sunflower, Iron Bridge, Magnolia, Buffalo Trace, Sycamore, Coyote Creek, Summit
`);

export const QUARTERS = ['', 'North ', 'South ', 'East ', 'West ', 'Upper ', 'Lower ', 'Old '];

export const TOPICS = list(`
  Ceramics, Robotics, Creative Writing, Choir, Orchestra, Photography, Chess and Logic, Gardening,
  Film Studies, Statistics Lab, Journalism, Woodworking, Astronomy, World Cooking, Web Design, Debate, Dance,
  Economics, Marine Biology, Drawing, Theater, Guitar, Public Speaking, Game Design
`);

export const TOPIC_STAGES = list(`
  Introduction to, Explorations in, Applied, Advanced, Independent
`);

export const CITIES = list(`
  Grand Forks, San José, Coeur d’Alene, Winston-Salem, El Paso, Lābahia, Duluth, Truth or Consequences
`);
